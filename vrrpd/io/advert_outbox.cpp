#include "vrrpd/io/advert_outbox.hpp"

#include <algorithm>
#include <cerrno>

#include "common/base/assert.hpp"
#include "common/io/clock.hpp"

namespace tandem::vrrp {
namespace {

// Frozen or starved in between: by now the peer may be the owner, and must not be told otherwise.
constexpr Duration stale_after = std::chrono::milliseconds(10);

}  // namespace

void AdvertOutbox::add(int link, std::span<const std::uint8_t> frame, AdvertSender& sender, TimePoint now) {
  TANDEM_ASSERT(frame.size() <= room);
  if (count_ == frames_.size() || frame.size() > room - used_) flush();
  if (count_ == 0) oldest_ = now;
  const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(used_);
  std::copy(frame.begin(), frame.end(), begin);
  frames_[count_] = {.link = link, .bytes = {&*begin, frame.size()}};
  senders_[count_] = &sender;
  used_ += frame.size();
  ++count_;
}

void AdvertOutbox::flush() {
  const std::span<FrameSocket::Frame> frames(frames_.data(), count_);
  if (count_ == 0) return;
  if (io::now() - oldest_ < stale_after) {
    socket_.send(frames);
  } else {
    for (FrameSocket::Frame& frame : frames) frame.failure = ESTALE;
  }
  count_ = 0;
  used_ = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) senders_[i]->sent(frames[i].failure);
}

}  // namespace tandem::vrrp
