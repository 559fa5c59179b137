// The network devices that carry virtual MAC addresses: one macvlan per virtual router that asks for it.
//
// A device is made when its virtual router starts and stays, up and without an address, as long as that exists: taking
// over is then nothing but adding the addresses. (Setting it down in Backup would cost 14 ms each time, in which the kernel
// lets nobody change anything.) In Backup the lease programs keep it mute and deaf. Owned by the daemon, io thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

struct VirtualMacDevice {
  Link link;
  std::string problem;  // with the kernel's settings: it may not answer as it should. Empty: it does
  bool carries_v6 = false;
};

class VirtualMacDevices {
 public:
  explicit VirtualMacDevices(Netlink& netlink) : netlink_(netlink) {}

  /// The links of the host as they are now; after each change of one.
  void look(const std::vector<Link>& links);

  /// The device of a virtual router (of IPv6 if `v6`) on `parent`, up. Makes it if it is not there; costs nothing if it
  /// is. `carries_v6`: it will have IPv6 addresses. The error says what the kernel refuses.
  Result<VirtualMacDevice> acquire(const Link& parent, bool v6, std::uint8_t vrid, bool carries_v6);
  /// Looks at the device's settings again, and sets what somebody else has changed: the system's own settings
  /// (/etc/sysctl.d) come late, after the device was made. Costs some 50 µs.
  void keep(int link);
  /// Nobody uses the device any more: the next sweep() removes it, unless it is acquired again.
  void release(int link);
  /// Removes all released devices. Takes some 15 ms, so not while an address is being handed over.
  void sweep();

 private:
  Netlink& netlink_;
  std::vector<VirtualMacDevice> devices_;
  std::vector<int> released_;
};

/// Removes all devices that a dead vrrpd left on this host, or only those on `interfaces` unless that is nullptr. Returns
/// how many there were.
Result<std::size_t> remove_virtual_mac_devices(Netlink& netlink, const std::vector<std::string>* interfaces);

}  // namespace tandem::vrrp
