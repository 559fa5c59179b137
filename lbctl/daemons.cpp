#include "lbctl/daemons.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <variant>

#include "common/io/http_client.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {

using Json = nlohmann::ordered_json;

std::string socket_path(const Invocation& invocation, std::string_view daemon) {
  return fmt::format("{}/{}.sock", invocation.run_dir, daemon);
}

std::string start_hint(const Invocation& invocation, std::string_view daemon) {
  if (invocation.run_dir == Invocation{}.run_dir) return fmt::format("start it: systemctl start tandem-{}", daemon);
  return "start it, or check --run-dir";
}

namespace {

// What to type instead, where only root may do what was asked for.
std::string with_sudo(const Invocation& invocation) {
  std::string words = fmt::format("sudo lbctl {}", command(invocation.command).word);
  for (const std::string& argument : invocation.arguments) words += " " + argument;
  if (invocation.run_dir != Invocation{}.run_dir) words += " --run-dir " + invocation.run_dir;
  return words;
}

}  // namespace

Reply call(const Invocation& invocation, std::string_view daemon, std::string_view method, std::string_view target,
           std::string_view body, Duration timeout) {
  auto outcome = io::http_exchange(socket_path(invocation, daemon), method, target, body, timeout);
  Reply reply;
  if (auto* failure = std::get_if<io::CallFailure>(&outcome)) {
    reply.error = std::move(failure->message);
    reply.not_running = failure->kind == io::CallFailure::Kind::not_running;
    if (reply.not_running) reply.hint = start_hint(invocation, daemon);
    return reply;
  }
  auto& response = std::get<io::HttpResponse>(outcome);
  reply.status = response.status;
  reply.body = std::move(response.body);
  if (reply.ok()) return reply;
  const Json json = Json::parse(reply.body, nullptr, false);
  reply.error = text_field(json, "error", fmt::format("{} answered {} to {} {}", daemon, reply.status, method, target));
  reply.hint = reply.status == 403 ? with_sudo(invocation) : text_field(json, "hint", "");
  return reply;
}

int fail(const Output& output, const Reply& reply) {
  return output.fail(reply.not_running ? exit_not_running : exit_failure, reply.error, reply.hint);
}

nlohmann::ordered_json parse_object(Reply& reply) {
  Json json = Json::parse(reply.body, nullptr, false);
  if (json.is_object()) return json;
  reply.status = 0;
  reply.error = "the daemon's answer is not a JSON object";
  return Json::object();
}

}  // namespace tandem::ctl
