// What this host looks like: proposals for questions, never used without being shown.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tandem::ctl {

struct Guess {
  std::string host;       // the host name up to its first dot, by which the daemons find themselves
  std::string interface;  // the one of the default route, else the first with an address; may be empty
  std::string address;    // its first IPv4 address; may be empty
  std::string gateway;    // the IPv4 default gateway; may be empty
};

Guess guess_host();

/// Interface and address, of every address of this host but the loopback's.
std::vector<std::pair<std::string, std::string>> own_addresses();

/// True if an interface of this host has `address`.
bool is_own_address(const std::string& address);

}  // namespace tandem::ctl
