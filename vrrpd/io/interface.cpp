#include "vrrpd/io/interface.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/log/log.hpp"

namespace tandem::vrrp {

Interface::Interface(boost::asio::io_context& io, std::string name) : io_(io), name_(std::move(name)) {}

void Interface::update(const std::optional<Link>& link, std::vector<Prefix> own) {
  const bool other_device = link && (!link_ || link_->index != link->index);
  link_ = link;
  own_ = std::move(own);
  if (!link_ || other_device) {
    watch_.reset();
    socket_.reset();
    handover_.reset();
  }
  if (link_ && !socket_) open_socket();
}

void Interface::open_socket() {
  auto opened = VrrpSocket::open(name_, link_->index);
  if (!opened) {
    log::error("{}", opened.error().message);
    return;
  }
  socket_.emplace(std::move(*opened));
  watch_ = std::make_unique<FdWatch>(io_, socket_->fd(), [this] { drain(); });
  handover_.emplace(name_);
}

std::optional<IpAddress> Interface::source(const IpAddress& wanted) const {
  if (own_.empty()) return std::nullopt;
  const bool has = std::any_of(own_.begin(), own_.end(), [&](const Prefix& p) { return p.address == wanted; });
  return has ? wanted : own_.front().address;
}

bool Interface::covers(const IpAddress& address) const {
  return std::any_of(own_.begin(), own_.end(), [&](const Prefix& p) { return p.contains(address); });
}

int Interface::send(const IpAddress& source, const IpAddress& destination,
                    std::span<const std::uint8_t> message) const {
  return socket_ ? socket_->send(source, destination, message) : ENODEV;
}

void Interface::drain() {
  if (!socket_) return;
  socket_->receive([this](std::span<const std::uint8_t> packet) {
    const Decoded decoded = decode(packet);
    const auto receiver = receivers_.find(decoded.vrid);
    if (receiver != receivers_.end()) {
      receiver->second(decoded);
    } else {
      const Drop cause = decoded.drop == Drop::none ? Drop::vrid : decoded.drop;
      ++dropped_[static_cast<std::size_t>(cause)];
    }
  });
}

}  // namespace tandem::vrrp
