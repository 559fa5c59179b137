// Who configures an interface besides vrrpd, by the files that network managers leave.
#pragma once

#include <filesystem>
#include <string>

namespace tandem::ctl {

struct NetworkManager {
  std::string name;  // "NetworkManager", "systemd-networkd", "dhcpcd", "ifupdown2"; empty: none is known
  bool keeps_addresses = false;  // it is told to leave those alone that are not its own
};

/// The manager of `interface`, whose index is `index`. Files are looked for under `root`, which is "/" but for tests.
NetworkManager find_manager(const std::filesystem::path& root, const std::string& interface, unsigned index);

}  // namespace tandem::ctl
