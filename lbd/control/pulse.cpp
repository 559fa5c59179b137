#include "lbd/control/pulse.hpp"

#include <utility>

namespace tandem::lbd {

Pulse::Pulse(std::uint32_t workers, std::function<void(const Ping&)> post)
    : post_(std::move(post)), answers_(workers, 0) {}

bool Pulse::beat() {
  if (silent()) return false;
  post_(Ping{++round_});
  return true;
}

void Pulse::answered(const Pong& pong) {
  if (pong.worker < answers_.size()) answers_[pong.worker] = pong.round;
}

std::optional<std::uint32_t> Pulse::silent() const {
  for (std::uint32_t worker = 0; worker < answers_.size(); ++worker) {
    if (answers_[worker] != round_) return worker;
  }
  return std::nullopt;
}

}  // namespace tandem::lbd
