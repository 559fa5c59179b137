#include "vrrpd/io/interface.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/clsact.hpp"

namespace tandem::vrrp {

namespace {

constexpr std::size_t many_routers = 16;
constexpr Duration burst_pause = std::chrono::milliseconds(2);

// Another pair on the same LAN may have its own VRID, version and password.
bool of_somebody_else(Drop cause) {
  return cause == Drop::vrid || cause == Drop::version || cause == Drop::auth_type;
}

}  // namespace

Interface::Interface(boost::asio::io_context& io, std::string name, const LeaseTable* leases,
                     std::string lease_impediment, std::string run_dir)
    : io_(io),
      name_(std::move(name)),
      leases_(leases),
      lease_impediment_(std::move(lease_impediment)),
      run_dir_(std::move(run_dir)) {}

void Interface::update(const std::optional<Link>& link, std::vector<Prefix> own) {
  const bool other_device = link && (!link_ || link_->index != link->index);
  link_ = link;
  own_ = std::move(own);
  if (!link_ || other_device) {
    channels_ = {};
    handover_.reset();
    discipline_.reset();
    lease_gate_.reset();
  }
  if (other_device) {
    if (auto made = make_clsact(*link_, run_dir_); !made) log::warning("{}", made.error().message);
  }
  if (link_) open_channels();
}

void Interface::set_receiver(bool v6, std::uint8_t vrid, Receiver receiver) {
  remove_receiver(v6, vrid);
  receivers_[v6][vrid] = std::move(receiver);
  ++routers_[v6];
}

void Interface::remove_receiver(bool v6, std::uint8_t vrid) {
  if (std::exchange(receivers_[v6][vrid], nullptr)) --routers_[v6];
}

void Interface::open_channels() {
  if (!handover_ && wants(false)) {
    impose_discipline();
    handover_.emplace(name_, arp_impediment_);
  }
  open_gate();
  for (const bool v6 : {false, true}) {
    Channel& channel = channels_[v6];
    if (channel.socket || !wants(v6)) continue;
    auto opened = VrrpSocket::open(name_, link_->index, v6);
    if (!opened) {
      log::error("{}", opened.error().message);
      continue;
    }
    channel.socket.emplace(std::move(*opened));
    channel.watch = std::make_unique<FdWatch>(io_, channel.socket->fd(), [this, v6] { on_readable(v6); });
  }
}

// The adverts of many virtual routers come in a burst: one wake-up for each of them would cost more than they do.
void Interface::on_readable(bool v6) {
  read(VrrpSocket::one_turn);
  if (routers_[v6] >= many_routers && channels_[v6].watch) channels_[v6].watch->pause(burst_pause);
}

void Interface::impose_discipline() {
  arp_impediment_.clear();
  if (auto imposed = ArpDiscipline::impose(name_, run_dir_)) discipline_.emplace(std::move(*imposed));
  else arp_impediment_ = imposed.error().message;
}

void Interface::open_gate() {
  if (leases_ == nullptr || lease_gate_) return;  // said at the start
  auto attached = LeaseGate::attach(name_, *leases_);
  if (attached) {
    lease_gate_ = std::move(*attached);
    lease_impediment_.clear();
    return;
  }
  if (lease_impediment_ == attached.error().message) return;
  lease_impediment_ = attached.error().message;
  log::warning("{}; without a kernel lease on {} a frozen vrrpd goes on answering for addresses that the peer has "
               "taken (CAP_BPF and CAP_NET_ADMIN are needed)", lease_impediment_, name_);
}

std::optional<IpAddress> Interface::source(bool v6, const IpAddress& wanted) const {
  std::optional<IpAddress> first;
  for (const Prefix& own : own_) {
    if (own.address.is_v6() != v6) continue;
    if (own.address == wanted) return wanted;
    if (!first && (!v6 || own.address.is_v6_link_local())) first = own.address;
  }
  return first;
}

bool Interface::covers(const IpAddress& address) const {
  return std::any_of(own_.begin(), own_.end(), [&](const Prefix& p) { return p.contains(address); });
}

int Interface::send(const IpAddress& source, const IpAddress& destination,
                    std::span<const std::uint8_t> message) const {
  const auto& socket = channels_[source.is_v6()].socket;
  return socket ? socket->send(source, destination, message) : ENODEV;
}

void Interface::read(std::size_t at_most) {
  for (const bool v6 : {false, true}) {
    if (!channels_[v6].socket) continue;
    channels_[v6].socket->receive(at_most, [this, v6](const std::optional<Datagram>& datagram) {
      if (datagram) return dispatch(decode(*datagram));
      Decoded broken;
      broken.drop = Drop::ip_header;
      broken.v6 = v6;
      dispatch(broken);
    });
  }
}

void Interface::dispatch(const Decoded& decoded) {
  const Receiver& receiver = receivers_[decoded.v6][decoded.vrid];
  if (receiver) return receiver(decoded);
  const Drop cause = decoded.drop == Drop::none ? Drop::vrid : decoded.drop;
  if (of_somebody_else(cause)) return drops_.add_foreign(cause, decoded, name_, io::now());
  drops_.add(cause, decoded, name_, io::now());
}

}  // namespace tandem::vrrp
