// The virtual MAC address of one virtual router at work: its device, and how a frame leaves with it.
//
// Owned by an Instance, io thread only. Where the kernel refuses the device the addresses live on the interface itself,
// with its MAC address, as without this: gratuitous ARP tells the LAN either way.
#pragma once

#include <cstdint>
#include <string>

#include "vrrpd/core/router_addresses.hpp"
#include "vrrpd/io/interface.hpp"
#include "vrrpd/io/virtual_mac_devices.hpp"

namespace tandem::vrrp {

struct VirtualMacStatus {
  std::string address;  // "00:00:5e:00:01:33"
  std::string device;   // empty: there is none
  std::string problem;  // why it does not work, or not as it should; empty: it does
};

class VirtualMac {
 public:
  /// `name` is the virtual address's, for messages. `addresses` must outlive this.
  VirtualMac(VirtualMacDevices& devices, const Interface& interface, std::string name,
             const RouterAddresses& addresses, std::uint8_t vrid);
  ~VirtualMac();
  VirtualMac(const VirtualMac&) = delete;
  VirtualMac& operator=(const VirtualMac&) = delete;

  /// After each change of a link: makes the device if the interface is there and it is not. What the kernel refused is
  /// tried again after 10 s: it may look for a module each time.
  void refresh();
  /// Each second: looks after the device's settings, every some seconds, or tries again to make it.
  void renew();
  /// The device; nullptr if there is none.
  [[nodiscard]] const Link* link() const { return device_.link.index > 0 ? &device_.link : nullptr; }
  [[nodiscard]] VirtualMacStatus status() const;

 private:
  void let_go();

  VirtualMacDevices& devices_;
  const Interface& interface_;
  std::string name_;
  const RouterAddresses& addresses_;
  std::uint8_t vrid_;
  VirtualMacDevice device_;
  TimePoint retry_at_{};
  int refused_on_ = 0;  // the index of the interface
  unsigned renewals_ = 0;
};

}  // namespace tandem::vrrp
