// The I/O buffers of a worker: 16 KiB for the usual, bigger ones for bulk and for long heads, and pipes
// for bulk that need not be looked at.
#pragma once

#include <cstddef>

#include "lbd/engine/buffer_pool.hpp"
#include "lbd/engine/pipe_pool.hpp"

namespace tandem::lbd {

inline constexpr std::size_t small_buffer_size = std::size_t{16} * 1024;
inline constexpr std::size_t large_buffer_size = std::size_t{64} * 1024;
inline constexpr std::size_t head_buffer_size = std::size_t{1024} * 1024;  // the most that limits.head_bytes allows

struct Buffers {
  Buffers(metrics::Counter& in_use, metrics::Counter& spliced)
      : small(small_buffer_size, 32 * 1024, 512, in_use), large(large_buffer_size, 8 * 1024, 64, in_use),
        head(head_buffer_size, 64, 0, in_use), pipes(256, 32, in_use, spliced) {}
  BufferPool small;  // at most 512 MiB per worker
  BufferPool large;  // at most 512 MiB per worker
  BufferPool head;   // at most 64 MiB per worker
  PipePool pipes;    // at most 64 MiB of the kernel's memory per worker
};

}  // namespace tandem::lbd
