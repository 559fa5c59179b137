#include "lbd/proxy/out_queue.hpp"

#include <cstring>

#include "common/base/assert.hpp"

namespace tandem::lbd {

void OutQueue::copy(std::string_view text) noexcept {
  TANDEM_ASSERT(scratch_used_ + text.size() <= scratch_.size());
  char* const at = scratch_.data() + scratch_used_;
  std::memcpy(at, text.data(), text.size());
  scratch_used_ += text.size();
  append(at, text.size());
}

IoResult OutQueue::flush(Socket& to) noexcept {
  const iovec* const parts = parts_.data() + first_;
  const IoResult result = count_ - first_ == 1
                              ? to.try_send({static_cast<const std::byte*>(parts->iov_base), parts->iov_len})
                              : to.try_send({parts, count_ - first_}, bytes_);
  if (!result.ok()) return result;
  if (result.bytes == bytes_) {
    clear();
    return result;
  }
  bytes_ -= result.bytes;
  std::size_t sent = result.bytes;
  while (sent >= parts_[first_].iov_len) sent -= parts_[first_++].iov_len;
  parts_[first_].iov_base = static_cast<char*>(parts_[first_].iov_base) + sent;
  parts_[first_].iov_len -= sent;
  return result;
}

}  // namespace tandem::lbd
