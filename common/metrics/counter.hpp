// A number that exactly one thread writes and any thread may read.
//
// An increment is a plain load and store (relaxed): no lock prefix, no cache line that two writers share.
#pragma once

#include <atomic>
#include <cstdint>

namespace tandem::metrics {

/// One number with a single writer.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace tandem::metrics
