#include "vrrpd/io/control_api.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <utility>

#include "common/metrics/text.hpp"

namespace tandem::vrrp {
namespace {

using nlohmann::ordered_json;

io::HttpResponse failover_response(const std::string& virtual_address, const FailoverOutcome& outcome) {
  if (outcome.status != 200) return io::http_error(outcome.status, outcome.error, outcome.hint);
  const double took_ms = std::chrono::duration<double, std::milli>(outcome.took).count();
  ordered_json body = {{"virtual_address", virtual_address},
                       {"from", outcome.from},
                       {"to", outcome.to},
                       {"moved", outcome.moved},
                       {"took_ms", std::round(took_ms * 1000) / 1000}};
  if (outcome.from.empty()) body["from"] = nullptr;
  if (!outcome.sync_group.empty()) {
    body["sync_group"] = outcome.sync_group;
    body["with"] = outcome.with;
  }
  return {.status = 200, .body = body.dump()};
}

// False if the member is there and of another type.
template <class Value>
bool take_member(const nlohmann::json& body, const char* name, bool (nlohmann::json::*is_type)() const noexcept,
                 Value& out) {
  const auto member = body.find(name);
  if (member == body.end()) return true;
  if (!((*member).*is_type)()) return false;
  out = member->get<Value>();
  return true;
}


}  // namespace

ControlApi::ControlApi(io::HttpServer& server, Operations operations) : operations_(std::move(operations)) {
  server.route("GET", "/v1/status", [this](const io::HttpRequest&) {
    return io::HttpResponse{.status = 200, .body = status_json(operations_.status())};
  });
  server.route_stream("/v1/status/stream", [this](std::shared_ptr<io::LineStream> stream) {
    stream->write_line(status_json(operations_.status()));
    streams_.push_back(std::move(stream));
  });
  server.route("GET", "/metrics", [this](const io::HttpRequest&) {
    return io::HttpResponse{
        .status = 200, .body = metrics_text(operations_.status()), .content_type = metrics::text_content_type};
  });
  server.route("POST", "/v1/reload", [this](const io::HttpRequest&) { return reload(); });
  server.route_async("POST", "/v1/failover", [this](const io::HttpRequest& request, io::HttpServer::Respond respond) {
    fail_over(request, respond);
  });
  server.route_async("POST", "/v1/maintenance", [this](const io::HttpRequest& request, io::HttpServer::Respond respond) {
    set_maintenance(request, respond);
  });
}

void ControlApi::fail_over(const io::HttpRequest& request, const io::HttpServer::Respond& respond) {
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  std::string virtual_address;
  FailoverRequest wanted;
  if (!body.is_object() || !take_member(body, "virtual_address", &nlohmann::json::is_string, virtual_address) ||
      virtual_address.empty() || !take_member(body, "to", &nlohmann::json::is_string, wanted.to) ||
      !take_member(body, "force", &nlohmann::json::is_boolean, wanted.force)) {
    return respond(io::http_error(
        400, "the body must be {\"virtual_address\": \"NAME\"}, with \"to\": \"NODE\" and \"force\": true if wanted"));
  }
  const bool known = operations_.fail_over(virtual_address, wanted, [=](const FailoverOutcome& outcome) {
    respond(failover_response(virtual_address, outcome));
  });
  if (!known) {
    respond(io::http_error(404, fmt::format("there is no virtual address '{}'", virtual_address),
                           "lbctl status lists them"));
  }
}

void ControlApi::set_maintenance(const io::HttpRequest& request, const io::HttpServer::Respond& respond) {
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  MaintenanceRequest wanted;
  if (!body.is_object() || !body.contains("on") || !take_member(body, "on", &nlohmann::json::is_boolean, wanted.on) ||
      !take_member(body, "reason", &nlohmann::json::is_string, wanted.reason) ||
      !take_member(body, "force", &nlohmann::json::is_boolean, wanted.force)) {
    return respond(io::http_error(
        400, "the body must be {\"on\": true}, with \"reason\": \"TEXT\" and \"force\": true if wanted"));
  }
  operations_.set_maintenance(wanted, [this, respond](const MaintenanceOutcome& outcome) {
    if (outcome.status != 200) return respond(io::http_error(outcome.status, outcome.error, outcome.hint));
    ordered_json answer = ordered_json::parse(maintenance_json(operations_.status().maintenance));
    answer["changed"] = outcome.changed;
    answer["moved"] = outcome.moved;
    respond({.status = 200, .body = answer.dump(-1, ' ', false, ordered_json::error_handler_t::replace)});
  });
}

io::HttpResponse ControlApi::reload() const {
  const ReloadOutcome outcome = operations_.reload();
  if (outcome.diagnostics.empty()) {
    return {.status = 200,
            .body = ordered_json{{"generation", outcome.generation}, {"changed", outcome.changed}}.dump()};
  }
  ordered_json list = ordered_json::array();
  for (const config::Diagnostic& diagnostic : outcome.diagnostics) {
    list.push_back({{"file", diagnostic.file},
                    {"line", diagnostic.line},
                    {"column", diagnostic.column},
                    {"path", diagnostic.path},
                    {"message", diagnostic.message},
                    {"hint", diagnostic.hint}});
  }
  const ordered_json body = {{"error", "the configuration has mistakes; the running one is kept"},
                             {"hint", "lbctl check shows them"},
                             {"diagnostics", list}};
  return {.status = 422, .body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace)};
}

void ControlApi::publish() {
  std::erase_if(streams_, [](const auto& stream) { return !stream->open(); });
  if (streams_.empty()) return;
  const std::string line = status_json(operations_.status());
  for (const auto& stream : streams_) stream->write_line(line);
}

}  // namespace tandem::vrrp
