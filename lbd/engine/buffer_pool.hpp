// I/O buffers of one worker: a bounded LIFO of equal blocks, so that the warmest is used next.
//
// A buffer is held only while bytes are in flight; an idle connection holds none.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "common/metrics/counter.hpp"

namespace tandem::lbd {

class BufferPool;

/// A buffer taken from a pool; gives it back when destroyed. Empty: no buffer.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept : pool_(other.pool_), data_(std::exchange(other.data_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = other.pool_;
    data_ = std::exchange(other.data_, nullptr);
    return *this;
  }
  ~Buffer() { release(); }

  explicit operator bool() const noexcept { return data_ != nullptr; }
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::span<std::byte> span() const noexcept { return {data_, size()}; }
  void release() noexcept;

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, std::byte* data) noexcept : pool_(pool), data_(data) {}
  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
};

class BufferPool {
 public:
  /// At most `max_buffers` are out at a time; up to `max_spare` free ones are kept. `in_use` counts
  /// the ones that are out.
  BufferPool(std::size_t buffer_size, std::size_t max_buffers, std::size_t max_spare, metrics::Counter& in_use);
  /// All buffers must be back.
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// An empty Buffer if the bound is reached or memory is out.
  [[nodiscard]] Buffer take() noexcept;
  [[nodiscard]] std::size_t buffer_size() const noexcept { return buffer_size_; }
  [[nodiscard]] std::size_t in_use() const noexcept { return out_; }

 private:
  friend class Buffer;
  void give_back(std::byte* data) noexcept;

  std::size_t buffer_size_;
  std::size_t max_buffers_;
  std::size_t max_spare_;
  std::size_t out_ = 0;
  struct Spare { Spare* next; };  // lives in a free buffer
  Spare* spare_ = nullptr;
  std::size_t spare_count_ = 0;
  metrics::Counter& in_use_;
};

inline std::size_t Buffer::size() const noexcept { return data_ != nullptr ? pool_->buffer_size() : 0; }
inline void Buffer::release() noexcept {
  if (data_ != nullptr) pool_->give_back(std::exchange(data_, nullptr));
}

}  // namespace tandem::lbd
