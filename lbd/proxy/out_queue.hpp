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

class OutQueue {
 public:
  static constexpr std::size_t max_parts = 96;
  /// Parts that one addition of body data may need (lbd/proxy/relay.cpp).
  static constexpr std::size_t reserve_parts = 4;

  [[nodiscard]] bool empty() const noexcept { return first_ == count_; }
  [[nodiscard]] bool has_room() const noexcept {
    return count_ + reserve_parts <= max_parts && scratch_used_ + scratch_reserve <= scratch_.size();
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  void clear() noexcept { first_ = count_ = scratch_used_ = bytes_ = 0; }

  /// Queues bytes that stay valid until they are sent.
  void add(const char* data, std::size_t size) noexcept {
    if (size > gather_part || scratch_used_ + size > gather_limit) return append(data, size);
    char* const at = scratch_.data() + scratch_used_;
    std::memcpy(at, data, size);
    scratch_used_ += size;
    append(at, size);
  }
  /// Copies a few bytes (at most scratch_reserve between two checks of has_room()).
  void copy(std::string_view text) noexcept;

  /// Sends what the kernel takes: ok with the bytes sent (all of them: empty() holds afterwards),
  /// would_block, or error.
  IoResult flush(Socket& to) noexcept;

 private:
  static constexpr std::size_t scratch_reserve = 32;
  /// Short parts are copied together, up to a limit: one send(2) is 0.2 µs cheaper than sendmsg(2)
  /// with three parts.
  static constexpr std::size_t gather_part = 512;
  static constexpr std::size_t gather_limit = 1024;

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

  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t scratch_used_ = 0;
  std::size_t bytes_ = 0;
  const char* end_ = nullptr;  // of the last part
  std::array<iovec, max_parts> parts_;
  std::array<char, gather_limit + 640> scratch_;
};

}  // namespace tandem::lbd
