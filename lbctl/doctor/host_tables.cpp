#include "lbctl/doctor/host_tables.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

namespace tandem::ctl {
namespace {

constexpr unsigned duplicate_flag = 0x08;  // IFA_F_DADFAILED

std::optional<unsigned> hexadecimal(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<IpAddress> packed_address(std::string_view digits) {
  std::array<std::uint8_t, 16> bytes{};
  if (digits.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = hexadecimal(digits.substr(2 * i, 2));
    if (!byte) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*byte);
  }
  return IpAddress::v6(bytes);
}

}  // namespace

std::vector<RefusedAddress> duplicate_addresses(std::string_view table) {
  std::vector<RefusedAddress> found;
  std::istringstream lines{std::string(table)};
  std::string address, index, length, scope, flags, interface;
  while (lines >> address >> index >> length >> scope >> flags >> interface) {
    const auto parsed = packed_address(address);
    const auto bits = hexadecimal(flags);
    if (parsed && bits && (*bits & duplicate_flag) != 0) found.push_back({interface, *parsed});
  }
  return found;
}

std::string hypervisor_of(std::string_view vendor, std::string_view product, bool hypervisor) {
  constexpr std::array<std::pair<std::string_view, const char*>, 10> vendors = {
      {{"VMware", "VMware"}, {"Microsoft", "Hyper-V"}, {"Xen", "Xen"}, {"QEMU", "KVM"}, {"KVM", "KVM"}, {"innotek", "VirtualBox"},
       {"Amazon EC2", "Amazon EC2"}, {"Google", "Google Cloud"}, {"OpenStack", "OpenStack"}, {"Nutanix", "Nutanix"}}};
  if (!hypervisor) return {};  // Microsoft and Google make metal, too
  for (const auto& [word, name] : vendors) {
    if (vendor.find(word) != std::string_view::npos || product.find(word) != std::string_view::npos) return name;
  }
  return "a hypervisor";
}

}  // namespace tandem::ctl
