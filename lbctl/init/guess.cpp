#include "lbctl/init/guess.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>

#include "common/io/daemon.hpp"

namespace tandem::ctl {
namespace {

struct DefaultRoute {
  std::string interface;
  std::string gateway;
};

// An address of /proc/net/route: a word of the host's byte order in hexadecimal digits.
std::string address_text(std::uint32_t word) {
  const in_addr address{.s_addr = word};
  std::array<char, INET_ADDRSTRLEN> text{};
  return word != 0 && ::inet_ntop(AF_INET, &address, text.data(), text.size()) != nullptr ? text.data() : "";
}

DefaultRoute default_route() {
  std::ifstream routes("/proc/net/route");
  std::string line;
  while (std::getline(routes, line)) {
    std::istringstream fields(line);
    std::string interface;
    std::string destination;
    std::uint32_t gateway = 0;
    fields >> interface >> destination >> std::hex >> gateway;
    if (destination == "00000000") return {interface, address_text(gateway)};
  }
  return {};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> own_addresses() {
  std::vector<std::pair<std::string, std::string>> found;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const void* bytes = family == AF_INET
                            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr)
                            : &reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
    if (::inet_ntop(family, bytes, text.data(), text.size()) != nullptr) found.emplace_back(entry->ifa_name, text.data());
  }
  ::freeifaddrs(list);
  return found;
}

Guess guess_host() {
  Guess guess;
  const std::string host = io::host_name();
  guess.host = host.substr(0, host.find('.'));
  const DefaultRoute route = default_route();
  guess.interface = route.interface;
  guess.gateway = route.gateway;
  for (const auto& [interface, address] : own_addresses()) {
    if (address.find(':') != std::string::npos) continue;
    if (guess.interface.empty()) guess.interface = interface;
    if (interface == guess.interface && guess.address.empty()) guess.address = address;
  }
  return guess;
}

bool is_own_address(const std::string& address) {
  for (const auto& [interface, own] : own_addresses()) {
    if (own == address) return true;
  }
  return false;
}

}  // namespace tandem::ctl
