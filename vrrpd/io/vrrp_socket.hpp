// The raw socket for the adverts of one address family on one interface: TTL or hop limit 255, no loop,
// multicast group joined.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"
#include "vrrpd/core/datagram.hpp"

namespace tandem::vrrp {

/// An IPPROTO_VRRP socket that can send with TTL 255 from any local address through any interface.
Result<io::UniqueFd> open_send_socket(bool v6);

/// Sends a VRRP message from `source` through the interface; never blocks. `fd` must be of the family of
/// the addresses. 0 or an errno.
int send_advert(int fd, int interface_index, const IpAddress& source, const IpAddress& destination,
                std::span<const std::uint8_t> message);

class VrrpSocket {
 public:
  /// Receives only what comes in through this interface. Needs CAP_NET_RAW.
  static Result<VrrpSocket> open(const std::string& interface, int interface_index, bool v6);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] int send(const IpAddress& source, const IpAddress& destination,
                         std::span<const std::uint8_t> message) const {
    return send_advert(fd_.get(), interface_index_, source, destination, message);
  }
  /// Hands each waiting packet to `on_packet` (nullopt: not a whole IP packet); at most 256 in one call,
  /// so that a flood cannot hold up the timers. Returns how many there were.
  std::size_t receive(const std::function<void(const std::optional<Datagram>&)>& on_packet) const;

 private:
  VrrpSocket(io::UniqueFd fd, int interface_index, bool v6)
      : fd_(std::move(fd)), interface_index_(interface_index), v6_(v6) {}

  io::UniqueFd fd_;
  int interface_index_;
  bool v6_;
};

}  // namespace tandem::vrrp
