// From the answers of the witnesses to Sight. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "vrrpd/core/votes.hpp"

namespace tandem::vrrp {

/// Clear while one answers, lost when none does, unknown until the first answer or the silence of all.
class WitnessSight {
 public:
  explicit WitnessSight(std::size_t witnesses) : answers_(witnesses) {}

  void heard(std::size_t witness, bool answered) { answers_[witness] = answered; }
  /// nullopt: it has not had the time to answer.
  [[nodiscard]] std::optional<bool> answers(std::size_t witness) const { return answers_[witness]; }
  [[nodiscard]] Sight sight() const {
    bool all_silent = !answers_.empty();
    for (const std::optional<bool>& answers : answers_) {
      if (answers == true) return Sight::clear;
      all_silent = all_silent && answers.has_value();
    }
    return all_silent ? Sight::lost : Sight::unknown;
  }

 private:
  std::vector<std::optional<bool>> answers_;
};

}  // namespace tandem::vrrp
