// Which notice a hook gets next: one at a time, in order, and of those that wait the latest only. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tandem::vrrp {

/// What a hook is told.
struct HookNotice {
  std::string state;  // active, backup, fault, stopped
  std::string cause;  // to_string(Cause)
  std::uint8_t priority = 0;
  bool operator==(const HookNotice&) const = default;
};

class HookQueue {
 public:
  /// Something to tell. The notice to tell now, or nullopt while the hook is still busy with one.
  std::optional<HookNotice> add(HookNotice notice) {
    if (!std::exchange(busy_, true)) return notice;
    if (waiting_) ++dropped_;
    waiting_ = std::move(notice);
    return std::nullopt;
  }
  /// The hook has ended. The next one to tell, if any.
  std::optional<HookNotice> ended() {
    auto next = std::exchange(waiting_, std::nullopt);
    busy_ = next.has_value();
    return next;
  }
  /// Notices that a later one replaced.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  bool busy_ = false;
  std::optional<HookNotice> waiting_;
  std::uint64_t dropped_ = 0;
};

}  // namespace tandem::vrrp
