#include "lbd/engine/buffer_pool.hpp"

#include <new>

#include "common/base/assert.hpp"

namespace tandem::lbd {

namespace {
constexpr std::align_val_t alignment{64};
}

BufferPool::BufferPool(std::size_t buffer_size, std::size_t max_buffers, std::size_t max_spare,
                       metrics::Counter& in_use)
    : buffer_size_(buffer_size), max_buffers_(max_buffers), max_spare_(max_spare), in_use_(in_use) {}

BufferPool::~BufferPool() {
  TANDEM_ASSERT(out_ == 0);
  while (spare_ != nullptr) ::operator delete(std::exchange(spare_, spare_->next), alignment);
}

Buffer BufferPool::take() noexcept {
  if (out_ == max_buffers_) return {};
  std::byte* data = nullptr;
  if (spare_ != nullptr) {
    data = reinterpret_cast<std::byte*>(std::exchange(spare_, spare_->next));
    --spare_count_;
  } else {
    data = static_cast<std::byte*>(::operator new(buffer_size_, alignment, std::nothrow));
    if (data == nullptr) return {};
  }
  ++out_;
  in_use_.add();
  return {this, data};
}

void BufferPool::give_back(std::byte* data) noexcept {
  --out_;
  in_use_.subtract();
  if (spare_count_ == max_spare_) {
    ::operator delete(data, alignment);
    return;
  }
  spare_ = ::new (data) Spare{spare_};
  ++spare_count_;
}

}  // namespace tandem::lbd
