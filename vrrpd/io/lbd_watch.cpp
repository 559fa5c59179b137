#include "vrrpd/io/lbd_watch.hpp"

#include <nlohmann/json.hpp>

#include <utility>

#include "vrrpd/io/explain.hpp"

namespace tandem::vrrp {
namespace {

LbdStatus parse_readiness(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  LbdStatus status;
  status.connected = true;
  if (!json.is_object() || !json.contains("ready") || !json["ready"].is_boolean()) {
    status.reason = "lbd's readiness line is not understood";
    return status;
  }
  status.ready = json["ready"].get<bool>();
  const auto reason = json.find("reason");
  status.reason = reason != json.end() && reason->is_string() ? reason->get<std::string>() : "";
  if (status.ready) status.reason.clear();
  else if (status.reason.empty()) status.reason = "lbd is not ready";
  return status;
}

}  // namespace

LbdWatch::LbdWatch(boost::asio::io_context& io, const std::string& run_dir, std::function<void()> on_change)
    : on_change_(std::move(on_change)),
      watcher_(
          io, run_dir + "/lbd.sock", "/v1/readiness/stream",
          [this](std::string_view line) { take(parse_readiness(line)); },
          [this](std::string_view reason) {
            LbdStatus lost;
            lost.reason = with_name(reason, "lbd");
            take(std::move(lost));
          }) {}

void LbdWatch::take(LbdStatus status) {
  if (status == status_) return;
  status_ = std::move(status);
  on_change_();
}

}  // namespace tandem::vrrp
