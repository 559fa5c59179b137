// Sends whole Ethernet frames, with whatever source MAC address: past the routes and the firewall of this host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {

class FrameSocket {
 public:
  static constexpr std::size_t most_frames = 64;

  struct Frame {
    int link = 0;                            // the index of the link that it leaves through
    std::span<const std::uint8_t> bytes{};   // with its Ethernet header
    int failure = 0;                         // 0 or an errno
  };

  /// Needs CAP_NET_RAW.
  static Result<FrameSocket> open();

  /// In their order, with one system call, ahead of other traffic; at most most_frames. Sets `failure` of each. Never
  /// blocks. ENOBUFS: something on the way out swallowed it, a filter or a full queue.
  void send(std::span<Frame> frames) const;

 private:
  explicit FrameSocket(io::UniqueFd fd) : fd_(std::move(fd)) {}
  io::UniqueFd fd_;
};

}  // namespace tandem::vrrp
