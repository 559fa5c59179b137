// Bytes received and not used yet, in a pool buffer that is held only while there are any.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "lbd/engine/buffer_pool.hpp"

namespace tandem::lbd {

class InBuffer {
 public:
  [[nodiscard]] std::string_view unread() const noexcept {
    return {reinterpret_cast<const char*>(buffer_.data()) + begin_, end_ - begin_};
  }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] bool has_buffer() const noexcept { return static_cast<bool>(buffer_); }
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.size(); }
  /// Offset of the first unread byte in the buffer.
  [[nodiscard]] std::size_t position() const noexcept { return begin_; }

  void consume(std::size_t bytes) noexcept { begin_ += bytes; }
  /// Makes bytes unread again: `position` is an earlier position().
  void rewind(std::size_t position) noexcept { begin_ = position; }

  /// Gives up the buffer; unread bytes are lost.
  void release() noexcept {
    buffer_.release();
    begin_ = end_ = 0;
  }
  /// Takes its first buffer. False: the pool has none.
  [[nodiscard]] bool open(BufferPool& pool) noexcept {
    buffer_ = pool.take();
    begin_ = end_ = 0;
    return has_buffer();
  }
  /// Moves the unread bytes into `bigger`, which becomes the buffer.
  void move_to(Buffer bigger) noexcept {
    if (!empty()) std::memcpy(bigger.data(), buffer_.data() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    buffer_ = std::move(bigger);
  }
  /// Moves the unread bytes to the front, which makes room and moves what points at them.
  void compact() noexcept {
    if (begin_ == 0) return;
    if (!empty()) std::memmove(buffer_.data(), buffer_.data() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  /// Where the next bytes go.
  [[nodiscard]] std::span<std::byte> room() const noexcept { return buffer_.span().subspan(end_); }
  void received(std::size_t bytes) noexcept { end_ += bytes; }

 private:
  Buffer buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tandem::lbd
