#include "vrrpd/io/held_board.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <utility>

namespace tandem::vrrp {

Result<HeldBoard> HeldBoard::create() {
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return errno_error("map memory for the guard", errno);
  return HeldBoard(new (page) Page{});
}

HeldBoard::HeldBoard(HeldBoard&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}

HeldBoard::~HeldBoard() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
}

std::optional<std::size_t> HeldBoard::hold(const HeldRecord& record) {
  for (std::size_t i = 0; i < slots; ++i) {
    Slot& slot = page_->slot[i];
    if (slot.held.load(std::memory_order_relaxed)) continue;
    slot.record = record;
    slot.held.store(true, std::memory_order_release);
    return i;
  }
  return std::nullopt;
}

void HeldBoard::strike(std::size_t slot) { page_->slot[slot].held.store(false, std::memory_order_release); }

const HeldRecord* HeldBoard::at(std::size_t slot) const {
  const Slot& found = page_->slot[slot];
  return found.held.load(std::memory_order_acquire) ? &found.record : nullptr;
}

}  // namespace tandem::vrrp
