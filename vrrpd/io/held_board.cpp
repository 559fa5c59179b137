#include "vrrpd/io/held_board.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <utility>

namespace tandem::vrrp {

Result<HeldBoard> HeldBoard::create() {
  void* page = ::mmap(nullptr, sizeof(Slot) * slots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return errno_error("map memory for the guard", errno);
  auto* array = static_cast<Slot*>(page);
  for (std::size_t i = 0; i < slots; ++i) new (array + i) Slot{};
  return HeldBoard(array);
}

HeldBoard::HeldBoard(HeldBoard&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}

HeldBoard::~HeldBoard() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Slot) * slots);
}

std::optional<std::size_t> HeldBoard::hold(const HeldRecord& record) {
  for (std::size_t i = 0; i < slots; ++i) {
    if (page_[i].held.load(std::memory_order_relaxed)) continue;
    page_[i].record = record;
    page_[i].held.store(true, std::memory_order_release);
    return i;
  }
  return std::nullopt;
}

void HeldBoard::strike(std::size_t slot) { page_[slot].held.store(false, std::memory_order_release); }

const HeldRecord* HeldBoard::at(std::size_t slot) const {
  return page_[slot].held.load(std::memory_order_acquire) ? &page_[slot].record : nullptr;
}

}  // namespace tandem::vrrp
