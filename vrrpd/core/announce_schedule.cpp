#include "vrrpd/core/announce_schedule.hpp"

#include <array>

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
constexpr std::array<Duration, 6> steps = {milliseconds(0),   milliseconds(20),   milliseconds(100),
                                           milliseconds(300), milliseconds(1200), milliseconds(5000)};
constexpr Duration refresh = std::chrono::seconds(60);

}  // namespace

void AnnounceSchedule::start(TimePoint now) {
  started_ = now;
  step_ = 0;
  next_ = now;
}

bool AnnounceSchedule::take_due(TimePoint now) {
  if (!next_ || now < *next_) return false;
  while (step_ < steps.size() && started_ + steps[step_] <= now) ++step_;
  next_ = step_ < steps.size() ? started_ + steps[step_] : now + refresh;
  return true;
}

}  // namespace tandem::vrrp
