// What is to be sent next on one socket: an iovec list over bytes of others and a little of its own.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "lbd/engine/socket.hpp"

namespace tandem::lbd {

/// Its storage is OutQueueOf's: an exchange needs much of it, a TCP connection nearly none.
class OutQueue {
 public:
  OutQueue(const OutQueue&) = delete;
  OutQueue& operator=(const OutQueue&) = delete;

  /// Parts and bytes of its own that one addition of body data may need (lbd/proxy/relay.cpp).
  static constexpr std::size_t reserve_parts = 4;
  static constexpr std::size_t reserve_bytes = 32;

  [[nodiscard]] bool empty() const noexcept { return first_ == count_; }
  [[nodiscard]] bool has_room() const noexcept {
    return count_ + reserve_parts <= parts_.size() && scratch_used_ + reserve_bytes <= scratch_.size();
  }
  void clear() noexcept { first_ = count_ = scratch_used_ = bytes_ = 0; }

  /// Queues bytes that stay valid until they are sent. Needs has_room(), or that fewer parts are
  /// queued than the storage has.
  void add(const char* data, std::size_t size) noexcept {
    if (size > gather_part || scratch_used_ + size > gather_limit_) return append(data, size);
    char* const at = scratch_.data() + scratch_used_;
    std::memcpy(at, data, size);
    scratch_used_ += size;
    append(at, size);
  }
  /// Copies a few bytes (at most reserve_bytes between two checks of has_room()).
  void copy(std::string_view text) noexcept;

  /// Sends what the kernel takes: ok with the bytes sent (all of them: empty() holds afterwards),
  /// would_block, or error.
  IoResult flush(Socket& to) noexcept;

 protected:
  OutQueue(std::span<iovec> parts, std::span<char> scratch, std::size_t gather_limit) noexcept
      : parts_(parts), scratch_(scratch), gather_limit_(gather_limit) {}
  ~OutQueue() = default;

 private:
  /// Short parts are copied together, up to a limit: one send(2) is 0.2 µs cheaper than sendmsg(2)
  /// with three parts.
  static constexpr std::size_t gather_part = 512;

  void append(const char* data, std::size_t size) noexcept {
    bytes_ += size;
    // Bytes that lie behind each other in memory travel as one part.
    if (data == end_ && count_ > first_) {
      parts_[count_ - 1].iov_len += size;
    } else {
      parts_[count_++] = {const_cast<char*>(data), size};
    }
    end_ = data + size;
  }

  const std::span<iovec> parts_;
  const std::span<char> scratch_;
  const std::size_t gather_limit_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t scratch_used_ = 0;
  std::size_t bytes_ = 0;
  const char* end_ = nullptr;  // of the last part
};

/// With room for `Parts` parts, `Gather` bytes of short ones copied together, and `Framing` bytes of
/// chunk framing.
template <std::size_t Parts, std::size_t Gather, std::size_t Framing>
class OutQueueOf final : public OutQueue {
 public:
  static_assert(Parts >= reserve_parts && Framing >= reserve_bytes);
  OutQueueOf() noexcept : OutQueue(part_storage_, scratch_storage_, Gather) {}

 private:
  std::array<iovec, Parts> part_storage_;
  std::array<char, Gather + Framing> scratch_storage_;
};

}  // namespace tandem::lbd
