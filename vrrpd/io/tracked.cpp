#include "vrrpd/io/tracked.hpp"

#include <algorithm>
#include <utility>

#include "common/base/assert.hpp"

namespace tandem::vrrp {

Tracked::Tracked(const Tracker& tracker, const std::vector<config::TrackConfig>& track) {
  for (const config::TrackConfig& one : track) {
    auto condition = tracker.find(one);
    TANDEM_ASSERT(condition != nullptr);
    items_.push_back({.condition = std::move(condition), .weight = one.weight});
  }
}

bool Tracked::hold() const {
  return std::all_of(items_.begin(), items_.end(),
                     [](const TrackStatus& item) { return item.weight > 0 || item.condition->holds(); });
}

std::uint32_t Tracked::failing_weights() const {
  std::uint32_t sum = 0;
  for (const TrackStatus& item : items_) sum += item.condition->holds() ? 0U : item.weight;
  return sum;
}

std::optional<TimePoint> Tracked::looked_at() const {
  std::optional<TimePoint> oldest;
  for (const TrackStatus& item : items_) {
    const auto& look = item.condition->good_look;
    if (item.condition->holds() && look && (!oldest || *look < *oldest)) oldest = look;
  }
  return oldest;
}

std::string Tracked::why_not() const {
  std::string text;
  for (const TrackStatus& item : items_) {
    if (item.weight > 0 || item.condition->holds()) continue;
    text += (text.empty() ? "" : "; ") + item.condition->reason;
  }
  return text;
}

std::uint32_t sum_of_weights(const std::vector<config::TrackConfig>& track) {
  std::uint32_t sum = 0;
  for (const config::TrackConfig& one : track) sum += one.weight;
  return sum;
}

}  // namespace tandem::vrrp
