#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "common/config/load.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string diagnostic_text(const Json& json) {
  const config::Diagnostic diagnostic = {.file = text_field(json, "file", ""),
                                         .line = static_cast<int>(number_field(json, "line", 1)),
                                         .column = static_cast<int>(number_field(json, "column", 1)),
                                         .path = text_field(json, "path", ""),
                                         .message = text_field(json, "message", ""),
                                         .hint = text_field(json, "hint", "")};
  return diagnostic.to_string() + "\n";
}

// 422: the new configuration has mistakes, and the running one stays.
int refused(const Output& output, const Reply& reply) {
  const Json answer = Json::parse(reply.body, nullptr, false);
  if (output.is_json() && answer.is_object()) {
    output.json(answer);
    return exit_usage;
  }
  for (const Json& diagnostic : elements(answer, "diagnostics")) output.text(diagnostic_text(diagnostic));
  return output.fail(exit_usage, reply.error, reply.hint);
}

}  // namespace

int run_reload(const Invocation& invocation, const Output& output) {
  Reply reply = call(invocation, "lbd", "POST", "/v1/reload", {}, std::chrono::seconds(30));
  if (reply.status == 422) return refused(output, reply);
  if (!reply.ok()) return fail(output, reply);
  const Json answer = parse_object(reply);
  if (!reply.ok()) return fail(output, reply);
  if (output.is_json()) {
    output.json(answer);
  } else {
    const auto generation = text_field(answer, "generation");
    output.text(bool_field(answer, "changed", true)
                    ? fmt::format("reloaded: generation {} is running\n", generation)
                    : fmt::format("nothing has changed: generation {} goes on\n", generation));
  }
  return exit_ok;
}

}  // namespace tandem::ctl
