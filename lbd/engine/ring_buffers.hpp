// Receive buffers that a worker lends to the kernel (io_uring's provided buffer ring): a socket takes
// one only when bytes have come, and gives it back as soon as they have been read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::lbd {

class RingBuffers {
 public:
  static constexpr std::uint16_t count = 512;  // a power of two
  static constexpr std::size_t size = 4096;
  static constexpr std::uint16_t none = UINT16_MAX;

  /// Buffers of one socket that hold bytes not read yet, in the order of the stream.
  struct Held {
    std::uint16_t first = none;
    std::uint16_t last = none;
    std::uint16_t count = 0;
    [[nodiscard]] bool empty() const noexcept { return count == 0; }
  };

  /// Lends all buffers to the ring `ring_fd`. See ok().
  explicit RingBuffers(int ring_fd) noexcept;
  ~RingBuffers();
  RingBuffers(const RingBuffers&) = delete;
  RingBuffers& operator=(const RingBuffers&) = delete;

  /// 0, or the errno of the refusal.
  [[nodiscard]] int error() const noexcept { return error_; }

  /// The kernel has put `bytes` (> 0) into `buffer`: behind what is held.
  void add(Held& held, std::uint16_t buffer, std::size_t bytes) noexcept;
  /// Moves what fits into `into`, giving emptied buffers back; returns how many bytes.
  std::size_t read(Held& held, std::span<std::byte> into) noexcept;
  /// The unread bytes of the first buffer; needs !held.empty().
  [[nodiscard]] std::span<const std::byte> front(const Held& held) const noexcept;
  /// So many bytes of front() have been used.
  void consume(Held& held, std::size_t bytes) noexcept;
  /// Gives all back; unread bytes are lost.
  void drop(Held& held) noexcept;
  void give_back(std::uint16_t buffer) noexcept;

 private:
  // As the kernel has it since 5.19; older headers do not know it, and those that do cannot be
  // indexed from C++. The tail lies over the unused end of the first entry.
  struct Entry {
    std::uint64_t address;
    std::uint32_t length;
    std::uint16_t id;
    std::uint16_t tail;
  };
  struct Unread {
    std::uint16_t begin = 0;
    std::uint16_t size = 0;
    std::uint16_t next = none;
  };
  // Not a power of two: buffers would all begin in the same few sets of the cache.
  static constexpr std::size_t stride = size + 320;

  [[nodiscard]] std::byte* data(std::uint16_t buffer) const noexcept { return memory_ + buffer * stride; }

  Entry* entries_ = nullptr;
  std::byte* memory_ = nullptr;
  std::uint16_t tail_ = 0;
  int error_ = 0;
  std::array<Unread, count> unread_;
};

}  // namespace tandem::lbd
