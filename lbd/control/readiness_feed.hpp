// The readiness of this lbd as it changes, for vrrpd: GET /v1/readiness/stream.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/io/http_server.hpp"
#include "lbd/control/readiness.hpp"

namespace tandem::lbd {

/// Control thread only.
class ReadinessFeed {
 public:
  using OnChange = std::function<void(const Readiness&)>;
  explicit ReadinessFeed(OnChange on_change) : on_change_(std::move(on_change)) {}

  /// Registers the stream. `this` must outlive the server.
  void serve(io::HttpServer& server);
  /// To be called every heartbeat_period: says the present state again, so that a frozen lbd is noticed.
  void beat();
  static constexpr Duration heartbeat_period = std::chrono::milliseconds(100);

  /// Re-evaluates. A change goes to the open streams; if it is one of `ready` itself, also to `on_change`.
  void update(const ReadinessInputs& inputs);

  [[nodiscard]] const ReadinessInputs& inputs() const { return inputs_; }
  [[nodiscard]] const Readiness& current() const { return current_; }

 private:
  [[nodiscard]] std::string line() const;
  void say() const;

  OnChange on_change_;
  ReadinessInputs inputs_;
  Readiness current_ = evaluate({});
  std::vector<std::shared_ptr<io::LineStream>> streams_;
};

}  // namespace tandem::lbd
