#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "common/config/load.hpp"
#include "common/io/clock.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/problems.hpp"
#include "lbctl/render/field.hpp"
#include "lbctl/render/render.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration patience = std::chrono::seconds(2);

struct Down {
  std::string_view daemon;
  Reply reply;
};

struct Survey {
  Json status = {{"node", nullptr}, {"lbd", nullptr}, {"vrrpd", nullptr}, {"syncd", nullptr}};
  std::vector<Down> down;
};

Survey ask_all(const Invocation& invocation) {
  Survey survey;
  for (const std::string_view daemon : daemon_names) {
    Reply reply = call(invocation, daemon, "GET", "/v1/status", {}, patience);
    Json answer = reply.ok() ? parse_object(reply) : Json();
    if (reply.ok()) {
      if (survey.status["node"].is_null()) survey.status["node"] = member(answer, "node");
      survey.status[std::string(daemon)] = std::move(answer);
    } else {
      survey.down.push_back({daemon, std::move(reply)});
    }
  }
  survey.status["virtual_addresses"] = elements(survey.status["vrrpd"], "virtual_addresses");
  return survey;
}

// Whether there should be a vrrpd and a syncd at all: both run, or the configuration has a cluster. One
// that cannot be read does not excuse anybody's absence.
bool is_clustered(const Invocation& invocation, const Json& status) {
  if (status["vrrpd"].is_object() || status["syncd"].is_object()) return true;
  std::string file = invocation.config_path();
  if (!invocation.config_file) file = text_field(member(status["lbd"], "config"), "file", file);
  const auto outcome = config::load_file(file);
  return !outcome.diagnostics.empty() || outcome.config.cluster.has_value();
}

}  // namespace

int run_status(const Invocation& invocation, const Output& output) {
  Survey survey = ask_all(invocation);
  const bool clustered = is_clustered(invocation, survey.status);
  std::vector<std::string> problems;
  bool any_running = survey.down.size() < std::size(daemon_names);
  for (const Down& down : survey.down) {
    if (!clustered && down.reply.not_running && down.daemon != "lbd") continue;
    any_running = any_running || !down.reply.not_running;
    problems.push_back(down.reply.hint.empty() ? down.reply.error
                                               : fmt::format("{} ({})", down.reply.error, down.reply.hint));
  }
  for (std::string& problem : find_problems(survey.status, clustered)) problems.push_back(std::move(problem));
  survey.status["problems"] = problems;
  if (output.is_json()) {
    output.json(survey.status);
  } else {
    output.text(render_status(survey.status, clustered, io::now(), output.color()));
  }
  if (!any_running) return exit_not_running;
  return problems.empty() ? exit_ok : exit_failure;
}

}  // namespace tandem::ctl
