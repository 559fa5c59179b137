// From the answers of the witnesses to Sight. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/base/time.hpp"
#include "vrrpd/core/votes.hpp"

namespace tandem::vrrp {

/// Clear while one answers, doubtful when none has answered for `doubt`, lost when all are known to be silent; unknown
/// until the first answer or the silence of all.
class WitnessSight {
 public:
  WitnessSight(std::size_t witnesses, Duration doubt) : doubt_(doubt), answers_(witnesses) {}

  void heard(std::size_t witness, bool answered, TimePoint now) {
    answers_[witness] = answered;
    if (answered) answered_at_ = now;
    const Sight after = sight(now);
    if (after != Sight::lost) lost_since_.reset();
    else if (!lost_since_) lost_since_ = now;
  }
  /// nullopt: it has not had the time to answer.
  [[nodiscard]] std::optional<bool> answers(std::size_t witness) const { return answers_[witness]; }
  [[nodiscard]] Sight sight(TimePoint now) const {
    bool all_silent = !answers_.empty();
    for (const std::optional<bool>& answers : answers_) {
      if (answers == true) return now - answered_at_ < doubt_ ? Sight::clear : Sight::doubtful;
      all_silent = all_silent && answers.has_value();
    }
    return all_silent ? Sight::lost : Sight::unknown;
  }
  [[nodiscard]] bool long_lost(TimePoint now) const { return lost_since_ && now - *lost_since_ >= long_silence; }

 private:
  Duration doubt_;
  std::vector<std::optional<bool>> answers_;
  TimePoint answered_at_{};
  std::optional<TimePoint> lost_since_;
};

}  // namespace tandem::vrrp
