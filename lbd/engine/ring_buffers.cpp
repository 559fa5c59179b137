#include "lbd/engine/ring_buffers.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tandem::lbd {

namespace {

// Of linux/io_uring.h since 5.19.
constexpr unsigned register_buffer_ring = 22;
struct BufferRing {
  std::uint64_t address;
  std::uint32_t entries;
  std::uint16_t group;
  std::uint16_t flags;
  std::uint64_t reserved[3];
};

void* map(std::size_t bytes) noexcept {
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

RingBuffers::RingBuffers(int ring_fd) noexcept
    : entries_(static_cast<Entry*>(map(count * sizeof(Entry)))), memory_(static_cast<std::byte*>(map(count * stride))) {
  if (entries_ == nullptr || memory_ == nullptr) {
    error_ = ENOMEM;
    return;
  }
  BufferRing ring{};
  ring.address = reinterpret_cast<std::uint64_t>(entries_);
  ring.entries = count;
  if (::syscall(SYS_io_uring_register, ring_fd, register_buffer_ring, &ring, 1) != 0) {
    error_ = errno;
    return;
  }
  for (std::uint16_t buffer = 0; buffer < count; ++buffer) give_back(buffer);
}

RingBuffers::~RingBuffers() {
  if (entries_ != nullptr) ::munmap(entries_, count * sizeof(Entry));
  if (memory_ != nullptr) ::munmap(memory_, count * stride);
}

void RingBuffers::add(Held& held, std::uint16_t buffer, std::size_t bytes) noexcept {
  unread_[buffer] = {0, static_cast<std::uint16_t>(bytes), none};
  if (held.empty()) held.first = buffer;
  else unread_[held.last].next = buffer;
  held.last = buffer;
  ++held.count;
}

std::size_t RingBuffers::read(Held& held, std::span<std::byte> into) noexcept {
  std::size_t done = 0;
  while (!held.empty() && done < into.size()) {
    const std::span<const std::byte> bytes = front(held);
    const std::size_t taken = std::min(bytes.size(), into.size() - done);
    std::memcpy(into.data() + done, bytes.data(), taken);
    done += taken;
    consume(held, taken);
  }
  return done;
}

std::span<const std::byte> RingBuffers::front(const Held& held) const noexcept {
  const Unread& unread = unread_[held.first];
  return {data(held.first) + unread.begin, unread.size};
}

void RingBuffers::consume(Held& held, std::size_t bytes) noexcept {
  Unread& unread = unread_[held.first];
  unread.begin = static_cast<std::uint16_t>(unread.begin + bytes);
  unread.size = static_cast<std::uint16_t>(unread.size - bytes);
  if (unread.size > 0) return;
  const std::uint16_t emptied = held.first;
  held.first = unread.next;
  --held.count;
  give_back(emptied);
}

void RingBuffers::drop(Held& held) noexcept {
  while (!held.empty()) consume(held, front(held).size());
}

void RingBuffers::give_back(std::uint16_t buffer) noexcept {
  Entry& entry = entries_[tail_ % count];
  entry.address = reinterpret_cast<std::uint64_t>(data(buffer));
  entry.length = size;
  entry.id = buffer;
  ++tail_;
  __atomic_store_n(&entries_[0].tail, tail_, __ATOMIC_RELEASE);
}

}  // namespace tandem::lbd
