// ARP discipline of a LAN interface: a host that holds an address elsewhere stays mute about it.
//
// Elsewhere is the loopback interface, where a node that hands an address over keeps it while its last connections end,
// and the device of a virtual MAC address. The LAN interface must then neither answer ARP for the address (arp_ignore 1:
// only for addresses of the interface that was asked on) nor mention it in its own ARP requests (arp_announce 2), which
// would teach everybody the wrong MAC address.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace tandem::vrrp {

/// Raises arp_ignore to 1 and arp_announce to 2 on one interface and puts the former values back when
/// destroyed. Values that are already as strict are left alone. What is changed is first written down in a file of the
/// run directory, for whoever cleans up after a vrrpd that was killed.
class ArpDiscipline {
 public:
  static Result<ArpDiscipline> impose(const std::string& interface, const std::string& run_dir);
  ~ArpDiscipline();
  /// Raises them again, if somebody else has lowered them: the system's own settings (/etc/sysctl.d) may come late.
  void keep();
  ArpDiscipline(ArpDiscipline&& other) noexcept;
  ArpDiscipline& operator=(ArpDiscipline&&) = delete;

 private:
  ArpDiscipline(std::string interface, std::string notes) : interface_(std::move(interface)), notes_(std::move(notes)) {}
  Result<> raise(const std::string& setting, int current, int wanted) const;

  std::string interface_;
  std::string notes_;  // the file; it is there once something was changed
};

/// Puts back what the ArpDiscipline of a dead vrrpd changed, where it is still as that left it.
void lift_arp_discipline(const std::string& run_dir);

}  // namespace tandem::vrrp
