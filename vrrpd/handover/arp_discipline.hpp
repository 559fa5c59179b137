// ARP discipline of a LAN interface: a host that holds an address elsewhere stays mute about it.
//
// A node that hands an address over keeps it on the loopback interface while its last connections
// end. It must then neither answer ARP for the address (arp_ignore 1: only for addresses of the
// interface that was asked on) nor mention it in its own ARP requests (arp_announce 2).
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace tandem::vrrp {

/// Raises arp_ignore to 1 and arp_announce to 2 on one interface and puts the former values back when
/// destroyed. Values that are already as strict are left alone.
class ArpDiscipline {
 public:
  static Result<ArpDiscipline> impose(const std::string& interface);
  ~ArpDiscipline();
  ArpDiscipline(ArpDiscipline&& other) noexcept;
  ArpDiscipline& operator=(ArpDiscipline&&) = delete;

 private:
  explicit ArpDiscipline(std::string interface) : interface_(std::move(interface)) {}

  std::string interface_;
  int former_ignore_ = -1;    // -1: not changed by us
  int former_announce_ = -1;
};

}  // namespace tandem::vrrp
