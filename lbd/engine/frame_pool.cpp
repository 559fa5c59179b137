#include "lbd/engine/frame_pool.hpp"

#include <new>

#include "lbd/engine/sanitized.hpp"

namespace tandem::lbd {

namespace {

constexpr std::size_t class_size = 64;
constexpr std::size_t class_count = frame_pool_max_block / class_size + 1;

struct FreeBlock { FreeBlock* next; };

// Trivial on purpose: a thread_local without constructor and destructor costs one addressing mode.
constinit thread_local FreeBlock* free_lists[class_count] = {};

constexpr std::size_t class_of(std::size_t size) { return (size + class_size - 1) / class_size; }

}  // namespace

void* frame_allocate(std::size_t size) {
  if (TANDEM_SANITIZED || size > frame_pool_max_block) return ::operator new(size);
  const std::size_t index = class_of(size);
  if (FreeBlock* block = free_lists[index]) {
    free_lists[index] = block->next;
    return block;
  }
  return ::operator new(index * class_size);
}

void frame_free(void* block, std::size_t size) noexcept {
  if (block == nullptr) return;
  if (TANDEM_SANITIZED || size > frame_pool_max_block) {
    ::operator delete(block);
    return;
  }
  FreeBlock*& head = free_lists[class_of(size)];
  head = ::new (block) FreeBlock{head};
}

void frame_pool_release() noexcept {
  for (FreeBlock*& head : free_lists) {
    while (head != nullptr) {
      FreeBlock* const next = head->next;
      ::operator delete(head);
      head = next;
    }
  }
}

}  // namespace tandem::lbd
