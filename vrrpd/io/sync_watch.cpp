#include "vrrpd/io/sync_watch.hpp"

#include <nlohmann/json.hpp>

#include <utility>

#include "vrrpd/io/explain.hpp"

namespace tandem::vrrp {
namespace {

SyncStatus parse_status(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  SyncStatus status;
  if (!json.is_object() || !json.contains("in_sync") || !json["in_sync"].is_boolean()) {
    status.reason = "syncd's status line is not understood";
    return status;
  }
  status.available = true;
  status.in_sync = json["in_sync"].get<bool>();
  const auto reason = json.find("in_sync_reason");
  status.reason = reason != json.end() && reason->is_string() ? reason->get<std::string>() : "";
  const auto peer = json.find("peer");
  if (peer != json.end() && peer->is_object()) {
    const auto connected = peer->find("connected");
    status.peer_connected = connected != peer->end() && connected->is_boolean() && connected->get<bool>();
  }
  return status;
}

}  // namespace

SyncWatch::SyncWatch(boost::asio::io_context& io, const std::string& run_dir, std::function<void()> on_change)
    : on_change_(std::move(on_change)),
      watcher_(
          io, run_dir + "/syncd.sock", "/v1/status/stream",
          [this](std::string_view line) { take(parse_status(line)); },
          [this](std::string_view reason) {
            SyncStatus lost;
            lost.reason = with_name(reason, "syncd");
            take(std::move(lost));
          }) {}

void SyncWatch::take(SyncStatus status) {
  if (status == status_) return;
  status_ = std::move(status);
  on_change_();
}

}  // namespace tandem::vrrp
