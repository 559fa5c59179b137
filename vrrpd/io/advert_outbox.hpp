// The adverts of many virtual routers on their way out: kept for a moment, so that one system call sends them all.
//
// Owned by the daemon, io thread only. Allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/time.hpp"
#include "vrrpd/io/frame_socket.hpp"

namespace tandem::vrrp {

/// Whose advert it is.
class AdvertSender {
 public:
  /// 0: it has left, or an errno. ESTALE: it would have left too late, because this process was held up.
  virtual void sent(int failure) = 0;

 protected:
  ~AdvertSender() = default;
};

class AdvertOutbox {
 public:
  explicit AdvertOutbox(const FrameSocket& socket) : socket_(socket) {}

  /// Takes a whole frame, of max_frame_bytes at most. It leaves with the next flush(), at the latest when there is no more
  /// room; then `sender`, which must live until then, is told.
  void add(int link, std::span<const std::uint8_t> frame, AdvertSender& sender, TimePoint now);
  void flush();

 private:
  static constexpr std::size_t room = 16384;

  const FrameSocket& socket_;
  std::array<std::uint8_t, room> bytes_;
  std::size_t used_ = 0;
  std::array<FrameSocket::Frame, FrameSocket::most_frames> frames_{};
  std::array<AdvertSender*, FrameSocket::most_frames> senders_{};
  std::size_t count_ = 0;
  TimePoint oldest_{};
};

}  // namespace tandem::vrrp
