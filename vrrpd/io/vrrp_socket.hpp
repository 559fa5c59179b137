// The raw socket for adverts on one interface: TTL 255, no loop, multicast group joined.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {

/// An IPPROTO_VRRP socket that can send with TTL 255 from any local address through any interface.
Result<io::UniqueFd> open_send_socket();

/// Sends a VRRP message from `source` through the interface; never blocks. 0 or an errno.
int send_advert(int fd, int interface_index, const IpAddress& source, const IpAddress& destination,
                std::span<const std::uint8_t> message);

class VrrpSocket {
 public:
  /// Receives only what comes in through this interface. Needs CAP_NET_RAW.
  static Result<VrrpSocket> open(const std::string& interface, int interface_index);

  [[nodiscard]] int fd() const { return fd_.get(); }
  int send(const IpAddress& source, const IpAddress& destination, std::span<const std::uint8_t> message) const {
    return send_advert(fd_.get(), interface_index_, source, destination, message);
  }
  /// Hands each waiting packet, IPv4 header included, to `on_packet`; at most 256 in one call, so that a
  /// flood cannot hold up the timers. Returns how many there were.
  std::size_t receive(const std::function<void(std::span<const std::uint8_t>)>& on_packet) const;

 private:
  VrrpSocket(io::UniqueFd fd, int interface_index) : fd_(std::move(fd)), interface_index_(interface_index) {}

  io::UniqueFd fd_;
  int interface_index_;
};

}  // namespace tandem::vrrp
