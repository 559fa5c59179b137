// Sends whole Ethernet frames, with whatever source MAC address.
#pragma once

#include <cstdint>
#include <span>

#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {

class FrameSocket {
 public:
  /// Needs CAP_NET_RAW.
  static Result<FrameSocket> open();

  /// Through the link of this index, ahead of other traffic. 0 or an errno; never blocks.
  [[nodiscard]] int send(int link, std::span<const std::uint8_t> frame) const;

 private:
  explicit FrameSocket(io::UniqueFd fd) : fd_(std::move(fd)) {}
  io::UniqueFd fd_;
};

}  // namespace tandem::vrrp
