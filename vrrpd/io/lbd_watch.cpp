#include "vrrpd/io/lbd_watch.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/explain.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration tolerated_lateness = std::chrono::milliseconds(50);
constexpr std::uint64_t longest_heartbeat_ms = 60'000;
constexpr std::string_view ended = "the daemon ended";  // as a LineWatcher says it: the stream's end is then no news

struct Readiness {
  LbdStatus status;
  std::optional<Duration> heartbeat;  // lbd promises a line at least this often
};

Readiness parse_readiness(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  Readiness out;
  LbdStatus& status = out.status;
  status.connected = true;
  if (!json.is_object() || !json.contains("ready") || !json["ready"].is_boolean()) {
    status.reason = "lbd's readiness line is not understood";
    return out;
  }
  if (const auto heartbeat = json.find("heartbeat_ms"); heartbeat != json.end() && heartbeat->is_number_unsigned()) {
    const auto ms = std::clamp<std::uint64_t>(heartbeat->get<std::uint64_t>(), 1, longest_heartbeat_ms);
    out.heartbeat = std::chrono::milliseconds(ms);
  }
  status.ready = json["ready"].get<bool>();
  const auto reason = json.find("reason");
  status.reason = reason != json.end() && reason->is_string() ? reason->get<std::string>() : "";
  if (status.ready) status.reason.clear();
  else if (status.reason.empty()) status.reason = "lbd is not ready";
  return out;
}

}  // namespace

LbdWatch::LbdWatch(boost::asio::io_context& io, const std::string& run_dir, std::function<void()> on_change)
    : io_(io),
      lifeline_path_(run_dir + "/lbd.lifeline"),
      on_change_(std::move(on_change)),
      silence_(io),
      watcher_(
          io, run_dir + "/lbd.sock", "/v1/readiness/stream", [this](std::string_view line) { heard(line); },
          [this](std::string_view reason) { lost(reason); }) {}

Duration LbdWatch::patience(Duration heartbeat) {
  return std::max<Duration>(5 * heartbeat, std::chrono::milliseconds(500));
}

void LbdWatch::lost(std::string_view reason) {
  expect_nothing();
  lifeline_end_.reset();
  lifeline_.reset();
  life_ = Life::unknown;
  LbdStatus gone;
  gone.reason = with_name(reason, "lbd");
  take(std::move(gone));
}

// Now that it speaks, the file is its own: it makes a new one before it serves anybody.
void LbdWatch::watch_lifeline() {
  life_ = Life::watched;
  auto watch = io::LifelineWatch::on_file(lifeline_path_);
  if (!watch) return log::info("{}: the death of lbd is noticed by the end of its stream", watch.error().message);
  lifeline_.emplace(std::move(*watch));
  lifeline_end_ = std::make_unique<FdWatch>(io_, lifeline_->fd(), [this] { lifeline_ended(); });
}

void LbdWatch::lifeline_ended() {
  lost(ended);
  life_ = Life::ended;
}

void LbdWatch::heard(std::string_view line) {
  if (life_ == Life::ended) return;  // said before it died
  if (life_ == Life::unknown) watch_lifeline();
  const Readiness readiness = parse_readiness(line);
  if (readiness.heartbeat) {
    const Duration wait = patience(*readiness.heartbeat);
    expect(io::now() + wait, wait);
  } else {
    expect_nothing();
  }
  take(readiness.status);
}

void LbdWatch::expect(TimePoint by, Duration wait) {
  expected_by_ = by;
  silence_.expires_at(std::chrono::steady_clock::time_point(by.time_since_epoch()));
  silence_.async_wait([this, by, wait](const boost::system::error_code& error) {
    if (!error) on_silence(by, wait);
  });
}

void LbdWatch::expect_nothing() {
  expected_by_.reset();
  silence_.cancel();
}

// A timer that has gone off can no longer be taken back: a line that was read in the same turn has moved the expectation.
void LbdWatch::on_silence(TimePoint expected, Duration wait) {
  if (expected_by_ != expected) return;
  const TimePoint now = io::now();
  // It was vrrpd that did not run: what lbd said meanwhile is still to be read.
  if (now - expected > tolerated_lateness) return expect(now + wait, wait);
  LbdStatus frozen;
  frozen.reason =
      fmt::format("lbd has said nothing for {} ms: it is frozen or starved", wait / std::chrono::milliseconds(1));
  take(std::move(frozen));
}

void LbdWatch::take(LbdStatus status) {
  if (status == status_) return;
  status_ = std::move(status);
  on_change_();
}

}  // namespace tandem::vrrp
