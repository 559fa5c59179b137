// The raw socket for the adverts of one address family on one interface: TTL or hop limit 255, no loop,
// multicast group joined.
#pragma once

#include <cstddef>
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
  /// For receive(): so many that a flood cannot hold up the timers.
  static constexpr std::size_t one_turn = 256;
  /// For receive(): more than the receive buffer holds, so all that waited when the call began.
  static constexpr std::size_t whole_queue = 4096;

  /// Receives only what comes in through this interface. Needs CAP_NET_RAW.
  static Result<VrrpSocket> open(const std::string& interface, int interface_index, bool v6);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] int send(const IpAddress& source, const IpAddress& destination,
                         std::span<const std::uint8_t> message) const {
    return send_advert(fd_.get(), interface_index_, source, destination, message);
  }
  /// Hands each waiting packet to `on_packet` (nullopt: not a whole IP packet), until none is left or about
  /// `at_most` have been read.
  void receive(std::size_t at_most, const std::function<void(const std::optional<Datagram>&)>& on_packet) const;

 private:
  VrrpSocket(io::UniqueFd fd, int interface_index, bool v6)
      : fd_(std::move(fd)), interface_index_(interface_index), v6_(v6) {}

  io::UniqueFd fd_;
  int interface_index_;
  bool v6_;
};

}  // namespace tandem::vrrp
