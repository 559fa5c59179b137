// A bounded queue from one thread to one other, without locks and without waiting.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>

#include "common/base/assert.hpp"

namespace tandem::lbd {

/// T is trivially copyable. push() on one thread, pop() on one other.
template <class T>
class Ring {
 public:
  /// `capacity`: a power of two.
  explicit Ring(std::size_t capacity) : mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    TANDEM_ASSERT(std::has_single_bit(capacity));
  }

  /// False if it is full: nothing was stored.
  bool push(const T& item) noexcept {
    T* const slot = reserve();
    if (slot == nullptr) return false;
    *slot = item;
    commit();
    return true;
  }
  /// The slot to fill in place before commit(); nullptr if full.
  T* reserve() noexcept {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    if (at - known_read_ > mask_) {
      known_read_ = read_.load(std::memory_order_acquire);
      if (at - known_read_ > mask_) return nullptr;
    }
    return &slots_[at & mask_];
  }
  void commit() noexcept {
    written_.store(written_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// Moves out up to out.size() items, the oldest first; returns how many.
  std::size_t pop(std::span<T> out) noexcept {
    const std::size_t at = read_.load(std::memory_order_relaxed);
    const std::size_t count = std::min(written_.load(std::memory_order_acquire) - at, out.size());
    for (std::size_t i = 0; i < count; ++i) out[i] = slots_[(at + i) & mask_];
    read_.store(at + count, std::memory_order_release);
    return count;
  }

 private:
  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<std::size_t> written_{0};
  std::size_t known_read_ = 0;  // the writer's copy of read_
  alignas(64) std::atomic<std::size_t> read_{0};
};

}  // namespace tandem::lbd
