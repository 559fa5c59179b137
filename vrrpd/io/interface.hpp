// One network interface that carries virtual addresses: its present state, its sockets, and who
// receives which VRID of which address family.
#pragma once

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vrrpd/core/packet.hpp"
#include "vrrpd/io/arp_discipline.hpp"
#include "vrrpd/io/drop_report.hpp"
#include "vrrpd/io/fd_watch.hpp"
#include "vrrpd/io/handover.hpp"
#include "vrrpd/io/netlink.hpp"
#include "vrrpd/io/vrrp_socket.hpp"
#include "vrrpd/lease/lease_gate.hpp"

namespace tandem::vrrp {

class Interface {
 public:
  /// Gets every packet for its VRID and address family, dropped ones too (to count them).
  using Receiver = std::function<void(const Decoded&)>;

  /// `leases`: nullptr if the kernel refuses them, for the reason that is given. `run_dir`: ArpDiscipline's.
  Interface(boost::asio::io_context& io, std::string name, const LeaseTable* leases, std::string lease_impediment,
            std::string run_dir);

  /// What netlink shows now: nullopt if there is no such interface; `own` are its addresses that are not
  /// floating, IPv6 ones only if they are usable. Opens the sockets anew when the interface appeared (again).
  void update(const std::optional<Link>& link, std::vector<Prefix> own);

  void set_receiver(bool v6, std::uint8_t vrid, Receiver receiver);
  void remove_receiver(bool v6, std::uint8_t vrid);
  [[nodiscard]] bool in_use() const { return wants(false) || wants(true); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::optional<Link>& link() const { return link_; }
  /// nullptr before the interface exists.
  [[nodiscard]] Handover* handover() { return handover_ ? &*handover_ : nullptr; }
  /// Each second: ArpDiscipline::keep.
  void keep_discipline() {
    if (discipline_) discipline_->keep();
  }
  /// Why this interface may answer ARP for addresses that are not its own (IPv4 only); empty if it does not.
  [[nodiscard]] const std::string& arp_impediment() const { return arp_impediment_; }
  [[nodiscard]] bool handover_keeps_connections() const { return handover_ && handover_->keeps_connections(); }
  /// nullptr before the interface exists, and where the kernel refuses.
  [[nodiscard]] LeaseGate* lease_gate() const { return lease_gate_.get(); }
  /// Why a frozen vrrpd would go on answering here; empty if it would not.
  [[nodiscard]] const std::string& lease_impediment() const { return lease_impediment_; }
  /// Up and able to send and receive adverts of the family.
  [[nodiscard]] bool usable(bool v6) const { return link_ && link_->up && channels_[v6].socket; }
  /// Where adverts can be sent from: `wanted` if the interface has it, else its first address of the family
  /// (of IPv6: its first link-local one, RFC 9568 5.1.2.1), else nullopt.
  [[nodiscard]] std::optional<IpAddress> source(bool v6, const IpAddress& wanted) const;
  /// True if a route to `address` exists through an address of the interface's own.
  [[nodiscard]] bool covers(const IpAddress& address) const;

  /// 0 or an errno.
  [[nodiscard]] int send(const IpAddress& source, const IpAddress& destination,
                         std::span<const std::uint8_t> message) const;
  /// Reads all that is queued now, of both families. A Backup does so before it believes in silence: a flood must not
  /// hide the one true advert.
  void drain() { read(VrrpSocket::whole_queue); }

  /// Packets that belong to no virtual router of ours.
  [[nodiscard]] const DropCounters& dropped() const { return drops_.counters(); }

 private:
  struct Channel {
    std::optional<VrrpSocket> socket;
    std::unique_ptr<FdWatch> watch;  // of the socket, so declared after it
  };

  void open_channels();
  void impose_discipline();
  void open_gate();
  [[nodiscard]] bool wants(bool v6) const { return routers_[v6] > 0; }
  void on_readable(bool v6);
  void read(std::size_t at_most);
  void dispatch(const Decoded& decoded);

  boost::asio::io_context& io_;
  std::string name_;
  const LeaseTable* leases_;
  std::string lease_impediment_;
  std::string run_dir_;
  std::optional<Link> link_;
  std::vector<Prefix> own_;
  std::array<Channel, 2> channels_;  // IPv4, IPv6; open while somebody receives on it
  std::optional<ArpDiscipline> discipline_;
  std::string arp_impediment_;
  std::optional<Handover> handover_;
  std::unique_ptr<LeaseGate> lease_gate_;
  std::array<std::array<Receiver, 256>, 2> receivers_;  // IPv4, IPv6; by VRID
  std::array<std::size_t, 2> routers_{};                // how many of them there are
  DropReport drops_;
};

}  // namespace tandem::vrrp
