#include "vrrpd/io/control_api.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "common/metrics/text.hpp"

namespace tandem::vrrp {
namespace {

using nlohmann::ordered_json;

io::HttpResponse failover_response(const std::string& virtual_address, const FailoverOutcome& outcome) {
  if (outcome.status != 200) return io::http_error(outcome.status, outcome.error, outcome.hint);
  ordered_json body = {{"virtual_address", virtual_address}, {"from", outcome.from}, {"to", outcome.to}};
  if (outcome.from.empty()) body["from"] = nullptr;
  return {.status = 200, .body = body.dump()};
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
}

void ControlApi::fail_over(const io::HttpRequest& request, const io::HttpServer::Respond& respond) {
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  const auto name = body.is_object() ? body.find("virtual_address") : body.end();
  if (!body.is_object() || name == body.end() || !name->is_string()) {
    return respond(io::http_error(400, "the body must be {\"virtual_address\": \"NAME\"}"));
  }
  const std::string virtual_address = name->get<std::string>();
  const bool known = operations_.fail_over(virtual_address, [=](const FailoverOutcome& outcome) {
    respond(failover_response(virtual_address, outcome));
  });
  if (!known) {
    respond(io::http_error(404, fmt::format("there is no virtual address '{}'", virtual_address),
                           "lbctl status lists them"));
  }
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
