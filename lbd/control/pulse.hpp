// Whether the workers still turn their loops: a ping to each, an answer from each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lbd/runtime/messages.hpp"

namespace tandem::lbd {

/// Control thread only. A worker that hangs keeps its listening sockets, and so its share of the new connections:
/// it is worse than a dead one, and nobody else would notice.
class Pulse {
 public:
  /// `post` sends to each of the `workers`.
  Pulse(std::uint32_t workers, std::function<void(const Ping&)> post);

  /// True if every worker has answered the ping of the last time; then the next one goes out. False: somebody is
  /// silent, and is waited for. The first call asks and is true.
  [[nodiscard]] bool beat();
  void answered(const Pong& pong);

  /// A worker that owes an answer, if any.
  [[nodiscard]] std::optional<std::uint32_t> silent() const;

 private:
  std::function<void(const Ping&)> post_;
  std::uint64_t round_ = 0;
  std::vector<std::uint64_t> answers_;  // by worker: the latest round
};

}  // namespace tandem::lbd
