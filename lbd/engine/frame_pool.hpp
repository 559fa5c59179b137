// Recycled memory for coroutine frames and per-connection objects: size classes per thread.
//
// In the steady state a request allocates nothing: what one connection gives back, the next one
// takes, still warm in the cache. Memory must be given back on the thread that took it. With
// a sanitizer every call goes to the global allocator, so that misuse is still found.
#pragma once

#include <cstddef>

namespace tandem::lbd {

/// Blocks of this size and less are recycled; bigger ones come from the global allocator.
inline constexpr std::size_t frame_pool_max_block = 16 * 1024;

/// `size` bytes aligned to 16. Throws std::bad_alloc like operator new.
[[nodiscard]] void* frame_allocate(std::size_t size);
/// Gives back what frame_allocate(size) returned on this thread, with the same size.
void frame_free(void* block, std::size_t size) noexcept;
/// Returns this thread's free blocks to the global allocator; call at the end of a worker thread.
void frame_pool_release() noexcept;

/// Base of classes that are created and destroyed often, always on one thread.
struct Pooled {
  static void* operator new(std::size_t size) { return frame_allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept { frame_free(block, size); }
};

}  // namespace tandem::lbd
