// Kernel pipes through which bulk goes from one socket to another without being copied: splice(2)
// moves references to the pages that hold the bytes.
//
// A pipe is held only while bytes are in flight. There are few of them: whoever gets none copies.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "common/metrics/counter.hpp"

namespace tandem::lbd {

class PipePool;

/// A pipe taken from a pool; goes back when destroyed. Default-constructed: no pipe.
class Pipe {
 public:
  Pipe() = default;
  Pipe(Pipe&& other) noexcept : pool_(other.pool_), ends_(std::exchange(other.ends_, {})), held_(other.held_) {}
  Pipe& operator=(Pipe&& other) noexcept {
    if (this == &other) return *this;
    release();
    pool_ = other.pool_;
    ends_ = std::exchange(other.ends_, {});
    held_ = other.held_;
    return *this;
  }
  ~Pipe() { release(); }

  explicit operator bool() const noexcept { return ends_.write >= 0; }
  [[nodiscard]] int read_end() const noexcept { return ends_.read; }
  [[nodiscard]] int write_end() const noexcept { return ends_.write; }
  /// Bytes that were put in and not taken out yet.
  [[nodiscard]] std::size_t held() const noexcept { return ends_.write >= 0 ? held_ : 0; }
  inline void put(std::size_t bytes) noexcept;
  void taken(std::size_t bytes) noexcept { held_ -= bytes; }
  /// Gives it back; bytes still in it are lost.
  void release() noexcept;

 private:
  friend class PipePool;
  struct Ends { int read = -1, write = -1; };
  Pipe(PipePool* pool, Ends ends) noexcept : pool_(pool), ends_(ends) {}

  PipePool* pool_ = nullptr;
  Ends ends_;
  std::size_t held_ = 0;
};

class PipePool {
 public:
  /// What a pipe is asked to hold. The kernel grants less to a user who has many pipes, which
  /// costs speed and nothing else.
  static constexpr std::size_t capacity = std::size_t{256} * 1024;

  /// At most `max_pipes` are out at a time; up to `max_spare` free ones are kept. `in_use` counts the
  /// ones that are out, `moved` the bytes put into pipes.
  PipePool(std::size_t max_pipes, std::size_t max_spare, metrics::Counter& in_use, metrics::Counter& moved);
  /// All pipes must be back.
  ~PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  /// No pipe if the bound is reached or the process is out of descriptors.
  [[nodiscard]] Pipe take() noexcept;
  /// Closes the free ones, for want of descriptors. True: there were some.
  bool close_spare() noexcept;

 private:
  friend class Pipe;
  void give_back(Pipe::Ends ends, bool empty) noexcept;

  std::size_t max_pipes_;
  std::size_t max_spare_;
  std::size_t out_ = 0;
  std::vector<Pipe::Ends> spare_;
  metrics::Counter& in_use_;
  metrics::Counter& moved_;
};

inline void Pipe::put(std::size_t bytes) noexcept {
  held_ += bytes;
  pool_->moved_.add(bytes);
}
inline void Pipe::release() noexcept {
  if (ends_.write < 0) return;
  pool_->give_back(std::exchange(ends_, {}), std::exchange(held_, 0) == 0);
}

}  // namespace tandem::lbd
