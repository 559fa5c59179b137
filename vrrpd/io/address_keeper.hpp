// The addresses of one virtual router on the interface: installed with a lifetime of 3 s that is
// renewed each second, put back when somebody removes them, noted on the guard's board.
//
// An IPv6 address is installed as a host address (/128) where the interface has a route to its network
// already, so that nothing else of the kernel's decisions depends on it. On the device of a virtual MAC address all are
// host addresses: what is sent goes through the interface.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vrrpd/core/router_addresses.hpp"
#include "vrrpd/io/context.hpp"
#include "vrrpd/io/interface.hpp"

namespace tandem::vrrp {

class AddressKeeper {
 public:
  /// `name` is the virtual address's, for messages.
  AddressKeeper(Context& context, const Interface& interface, std::string name, RouterAddresses addresses);

  /// Installs the addresses. `record` tells the guard how to release them; the keeper fills in the
  /// addresses. Failures are logged and counted; the next renewal tries again.
  void take(const HeldRecord& record);
  /// While held: the way to release them has changed.
  void note(HeldRecord record);
  void drop();
  /// Extends the lifetimes of what they hold, all together; to be called every renewal_period. A failure is its keeper's.
  static void renew(Netlink& netlink, std::span<AddressKeeper* const> keepers);
  static constexpr Duration renewal_period = std::chrono::seconds(1);
  /// Puts back what is missing; true if something was.
  bool restore();

  [[nodiscard]] bool holds() const { return slot_.has_value(); }
  [[nodiscard]] bool holds(const HostAddress& address) const;
  /// Where they are installed: the index of the interface, or of the virtual MAC address's device.
  [[nodiscard]] int link() const { return link_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  void renew();
  [[nodiscard]] AddressRequest request(const Prefix& prefix) const;
  void note_failure(const Error& error);
  [[nodiscard]] Prefix as_installed(const Prefix& prefix, bool on_device) const;

  Context& context_;
  const Interface& interface_;
  std::string name_;
  RouterAddresses addresses_;
  std::vector<Prefix> installed_;    // the same as they are on the interface, while held
  std::optional<std::size_t> slot_;  // on the board, while held
  int link_ = 0;                     // where they are installed
  bool on_device_ = false;           // of a virtual MAC address
  std::uint64_t failures_ = 0;
};

}  // namespace tandem::vrrp
