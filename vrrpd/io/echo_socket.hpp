// ICMP echo (ping) to one host, IPv4 or IPv6. Needs CAP_NET_RAW.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {

class EchoSocket {
 public:
  static Result<EchoSocket> open(const IpAddress& host);

  /// Readable when something came; non-blocking.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// A request that cannot be sent is one that is not answered.
  void send(std::uint16_t sequence) const;
  /// The sequence number of the host's next answer to one of our requests; nullopt: no more of them for now.
  [[nodiscard]] std::optional<std::uint16_t> receive() const;

 private:
  EchoSocket(io::UniqueFd fd, const IpAddress& host);

  io::UniqueFd fd_;
  IpAddress host_;
  std::uint16_t id_;  // tells our requests from those of others on this machine
};

}  // namespace tandem::vrrp
