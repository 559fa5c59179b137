// Links and addresses of this host through rtnetlink: the one user of libnl.
//
// Netlink: requests, synchronous, some 20 to 50 µs each. NetlinkMonitor: what changes, as callbacks; that a floating
// address was put is no change.
// Not thread-safe; both belong to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "vrrpd/core/announcement.hpp"

namespace tandem::vrrp {

struct Link {
  int index = 0;
  std::string name;
  bool up = false;        // administratively up, with a carrier
  bool ethernet = false;  // has a MAC address and speaks ARP and ND
  MacAddress mac{};
  bool enabled = false;   // administratively up
  bool macvlan = false;
  int parent = 0;         // the link that it stands on; 0: none
  std::uint32_t group = 0;
  bool operator==(const Link&) const = default;
};

struct HostAddress {
  int link = 0;
  Prefix prefix;
  std::uint8_t protocol = 0;  // IFA_PROTO: who installed it
  bool tentative = false;     // IPv6: not usable before duplicate address detection is through
};

/// What stands in IFA_PROTO of the addresses that vrrpd installs, where the kernel (5.18) keeps it.
inline constexpr std::uint8_t address_protocol = 112;

struct AddressOptions {
  Duration lifetime{};           // whole seconds; the kernel removes the address after it, unless added again
  bool no_prefix_route = false;  // another address of the link has the route already
};

struct AddressRequest {
  int link = 0;
  Prefix prefix;
  AddressOptions options;
};

struct Neighbour {
  MacAddress mac{};
  bool reachable = false;  // the kernel has verified it lately
  bool pinned = false;     // by a vrrpd
};

class Netlink {
 public:
  static Result<Netlink> open();
  Netlink(Netlink&&) noexcept;
  Netlink& operator=(Netlink&&) noexcept;
  ~Netlink();

  [[nodiscard]] Result<std::vector<Link>> links();
  /// Of both families.
  [[nodiscard]] Result<std::vector<HostAddress>> addresses();
  /// Adds the address, or gives it a new lifetime if it is there. An IPv6 one is usable at once (no duplicate
  /// address detection: the former owner may still have it) and never a source by the kernel's own choice.
  Result<> put_address(const AddressRequest& request);
  /// The same of many: the outcome of each, in their order, whatever becomes of the others. Some 3 µs each: two system calls
  /// serve 64 of them.
  [[nodiscard]] std::vector<Result<>> put_addresses(std::span<const AddressRequest> requests);
  /// An address or link that is not there is no error.
  Result<> delete_address(int link, const Prefix& prefix);

  /// A macvlan device on `parent`, down. Mode VEPA: in private mode a frame that comes from a peer with the same MAC
  /// address would reach the device alone, and so no socket on `parent`. Returns its index.
  Result<int> create_macvlan(const std::string& name, int parent, const MacAddress& mac);
  Result<> enable_link(int link);
  /// Removes virtual devices, all together: the kernel waits some 15 ms for each removal, however many are in it. Those
  /// that are not there are no error.
  Result<> delete_links(const std::vector<int>& links);

  /// Of each, whether the main routing table has exactly this unicast route, with a next hop that is not dead. Reads the
  /// whole table: some 1 ms for each thousand routes.
  [[nodiscard]] Result<std::vector<bool>> have_routes(std::span<const Prefix> prefixes);

  /// nullopt: the kernel has no entry for it, or none with a link-layer address.
  [[nodiscard]] std::optional<Neighbour> neighbour(int link, const IpAddress& address);
  /// From now on the kernel takes `mac` for the neighbour's, without asking and without end.
  Result<> pin_neighbour(int link, const IpAddress& address, const MacAddress& mac);
  /// An entry or link that is not there is no error.
  Result<> delete_neighbour(int link, const IpAddress& address);

  /// Removes the entries of the link (both families) whose neighbour was asked for at least `age` ago and has not answered;
  /// packets that wait for the answer are lost. Reads the link's whole table: some 0.5 ms for each thousand entries.
  Result<> forget_questions(int link, Duration age);

  struct Impl;  // private to the adapter

 private:
  explicit Netlink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class NetlinkMonitor {
 public:
  struct Callbacks {
    std::function<void(const HostAddress&)> address_removed;
    std::function<void()> changed;   // any link or address: look again
    std::function<void(const Prefix&)> route_changed;  // of the main table; only after watch_routes()
    std::function<void()> overrun;   // notifications were lost: look at everything again
  };

  static Result<NetlinkMonitor> open(Callbacks callbacks);
  NetlinkMonitor(NetlinkMonitor&&) noexcept;
  NetlinkMonitor& operator=(NetlinkMonitor&&) noexcept;
  ~NetlinkMonitor();

  /// Readable when there is something to receive. Owned by the monitor.
  [[nodiscard]] int fd() const;
  /// Receives all there is; `changed` is called once at the end.
  void receive();
  /// From now on routes are watched, too.
  Result<> watch_routes();

 private:
  struct Impl;
  explicit NetlinkMonitor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::vrrp
