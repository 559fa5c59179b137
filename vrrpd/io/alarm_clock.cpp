#include "vrrpd/io/alarm_clock.hpp"

#include <algorithm>
#include <utility>

#include "common/io/clock.hpp"

namespace tandem::vrrp {
namespace {

// Alarms that were due so soon ring now: most of them were set for a silence that did not come.
constexpr Duration together = std::chrono::milliseconds(4);

std::chrono::steady_clock::time_point to_asio(TimePoint time) {
  return std::chrono::steady_clock::time_point(time.time_since_epoch());
}

}  // namespace

AlarmClock::AlarmClock(boost::asio::io_context& io, std::function<void()> on_rung)
    : timer_(io), on_rung_(std::move(on_rung)) {}

void AlarmClock::wake_by(TimePoint time) {
  if (ringing_ || (armed_for_ && *armed_for_ <= time)) return;
  armed_for_ = time;
  timer_.expires_at(to_asio(time));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) ring();
  });
}

void AlarmClock::ring() {
  armed_for_.reset();
  ringing_ = true;  // what is set meanwhile is looked at afterwards, all at once
  const TimePoint horizon = io::now() + together;
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    Alarm* alarm = alarms_[i];
    if (alarm == nullptr || !alarm->due_ || *alarm->due_ > horizon) continue;
    alarm->due_.reset();
    alarm->on_ring_();
  }
  ringing_ = false;
  std::erase(alarms_, nullptr);
  std::optional<TimePoint> next;
  for (const Alarm* alarm : alarms_) {
    if (alarm->due_ && (!next || *alarm->due_ < *next)) next = alarm->due_;
  }
  if (next) wake_by(*next);
  on_rung_();
}

Alarm::Alarm(AlarmClock& clock, std::function<void()> on_ring) : clock_(clock), on_ring_(std::move(on_ring)) {
  clock_.alarms_.push_back(this);
}

Alarm::~Alarm() {
  const auto self = std::find(clock_.alarms_.begin(), clock_.alarms_.end(), this);
  if (clock_.ringing_) *self = nullptr;
  else clock_.alarms_.erase(self);
}

void Alarm::set(TimePoint time) {
  if (due_ && *due_ <= time) return;
  due_ = time;
  clock_.wake_by(time);
}

}  // namespace tandem::vrrp
