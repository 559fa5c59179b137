#include "vrrpd/core/virtual_mac.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::size_t longest_name = 15;  // IFNAMSIZ - 1
constexpr std::string_view digits = "0123456789abcdef";

std::string prefix_of(bool v6, std::uint8_t vrid) { return (v6 ? "vr6." : "vr4.") + std::to_string(vrid) + "."; }

// FNV-1a, 28 bits of it.
std::string shortened(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 4) out += digits[(hash >> shift) & 0xf];
  return out;
}

}  // namespace

MacAddress virtual_mac(bool v6, std::uint8_t vrid) {
  return {0x00, 0x00, 0x5e, 0x00, static_cast<std::uint8_t>(v6 ? 2 : 1), vrid};
}

std::string virtual_mac_device(bool v6, std::uint8_t vrid, std::string_view interface) {
  std::string name = prefix_of(v6, vrid);
  // All VRIDs of an interface have names of one kind, so the longest prefix decides.
  const std::size_t room = longest_name - prefix_of(v6, 255).size();
  return name += interface.size() <= room ? std::string(interface) : shortened(interface);
}

bool is_virtual_mac_device(std::string_view name, const MacAddress& mac) {
  const bool v6 = mac[4] == 2;
  return mac == virtual_mac(v6, mac[5]) && mac[5] != 0 && name.starts_with(prefix_of(v6, mac[5]));
}

std::string to_string(const MacAddress& mac) {
  std::string out;
  for (const std::uint8_t byte : mac) {
    if (!out.empty()) out += ':';
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
  return out;
}

}  // namespace tandem::vrrp
