#include "lbd/control/admin_api.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "lbd/control/status_page.hpp"

namespace tandem::lbd {
namespace {

using io::HttpRequest;
using io::HttpResponse;
using nlohmann::json;

HttpResponse json_response(const json& body, int status = 200) {
  return {status, body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

/// {"target_group": …, "backend": …} and the whole body.
struct BackendRequest {
  std::string group;
  std::string backend;
  json body;
};

std::optional<BackendRequest> parse_backend_request(const std::string& text) {
  json body = json::parse(text, nullptr, false);
  if (!body.is_object() || !body.contains("target_group") || !body.contains("backend")) return std::nullopt;
  if (!body["target_group"].is_string() || !body["backend"].is_string()) return std::nullopt;
  BackendRequest request{body["target_group"].get<std::string>(), body["backend"].get<std::string>(), {}};
  request.body = std::move(body);
  return request;
}

HttpResponse bad_body() {
  return io::http_error(400, "the body is not what this call needs",
                        R"(send JSON like {"target_group": "shop", "backend": "s1"})");
}

HttpResponse unknown_backend(const Error& error) {
  return io::http_error(404, error.message, "lbctl status lists target groups and backends");
}

json backend_answer(const AdminContext& context, const BackendRequest& request) {
  const BackendState* state = context.live.board().find(request.group, request.backend);
  return {{"target_group", request.group},
          {"backend", request.backend},
          {"admin", state->override.drain ? "drain" : "enabled"},
          {"weight", state->availability().weight},
          {"active_connections", context.live.workers().active(state->id)}};
}

HttpResponse set_drain(const AdminContext& context, const std::string& body, bool drain) {
  const auto request = parse_backend_request(body);
  if (!request) return bad_body();
  const Result<> done = drain ? context.overrides.drain(request->group, request->backend)
                              : context.overrides.enable(request->group, request->backend);
  if (!done) return unknown_backend(done.error());
  return json_response(backend_answer(context, *request));
}

HttpResponse set_weight(const AdminContext& context, const std::string& body) {
  const auto request = parse_backend_request(body);
  if (!request) return bad_body();
  const auto weight = request->body.find("weight");
  if (weight == request->body.end() || !weight->is_number_unsigned() || weight->get<std::uint64_t>() > 1000) {
    return io::http_error(400, "weight is missing or not a whole number from 0 to 1000",
                          R"(send JSON like {"target_group": "shop", "backend": "s1", "weight": 5})");
  }
  const Result<> done = context.overrides.weight(request->group, request->backend, weight->get<std::uint32_t>());
  if (!done) return unknown_backend(done.error());
  return json_response(backend_answer(context, *request));
}

json diagnostic_json(const config::Diagnostic& diagnostic) {
  return {{"file", diagnostic.file},       {"line", diagnostic.line}, {"column", diagnostic.column},
          {"path", diagnostic.path},       {"message", diagnostic.message}, {"hint", diagnostic.hint}};
}

HttpResponse reload(const AdminContext& context) {
  const ReloadOutcome outcome = context.reloader.reload();
  if (outcome.accepted) return json_response({{"generation", outcome.generation}, {"changed", outcome.changed}});
  json diagnostics = json::array();
  for (const auto& diagnostic : outcome.diagnostics) diagnostics.push_back(diagnostic_json(diagnostic));
  return json_response({{"error", fmt::format("the configuration was not accepted; generation {} goes on running",
                                              outcome.generation)},
                        {"hint", "lbctl check FILE shows the mistakes of a file before it is used"},
                        {"generation", outcome.generation},
                        {"diagnostics", std::move(diagnostics)}},
                       422);
}

}  // namespace

void serve_admin_api(io::HttpServer& server, AdminContext context) {
  const auto shared = std::make_shared<const AdminContext>(std::move(context));
  server.route("GET", "/v1/status", [shared](const HttpRequest&) { return HttpResponse{200, status_json(*shared)}; });
  server.route("POST", "/v1/drain", [shared](const HttpRequest& r) { return set_drain(*shared, r.body, true); });
  server.route("POST", "/v1/enable", [shared](const HttpRequest& r) { return set_drain(*shared, r.body, false); });
  server.route("POST", "/v1/weight", [shared](const HttpRequest& r) { return set_weight(*shared, r.body); });
  server.route("POST", "/v1/reload", [shared](const HttpRequest&) { return reload(*shared); });
}

}  // namespace tandem::lbd
