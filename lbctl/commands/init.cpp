#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "common/config/load.hpp"
#include "common/config/own_node.hpp"
#include "common/io/daemon.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/init/answers.hpp"
#include "lbctl/init/files.hpp"
#include "lbctl/init/guess.hpp"
#include "lbctl/init/join.hpp"
#include "lbctl/init/questions.hpp"
#include "lbctl/init/render.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

int run_join(const Invocation& invocation, const Output& output) {
  if (invocation.options.size() > 1 + (invocation.has("--output") ? 1U : 0U)) {
    return output.fail(exit_usage, "init --join takes the configuration that is there, and no other option",
                       "first lbctl init with the options, then lbctl init --join");
  }
  const std::string path = output_path(invocation);
  const auto outcome = config::load_file(path);
  if (!outcome.usable()) {
    return output.fail(exit_usage, fmt::format("{} is not a good configuration", path), "lbctl check says why");
  }
  const auto plan = plan_join(outcome.config, path);
  if (!plan) return output.fail(exit_failure, plan.error().message, "");
  if (output.is_json()) {
    output.json(join_json(*plan));
  } else {
    output.text(join_text(*plan));
  }
  return exit_ok;
}

// Answers that make no good configuration, explained by the places in it.
int refuse(const Output& output, const config::LoadOutcome& outcome) {
  std::vector<std::string> mistakes;
  for (const auto* list : {&outcome.diagnostics, &outcome.unsupported}) {
    for (const config::Diagnostic& diagnostic : *list) {
      std::string mistake = fmt::format("{}: {}", diagnostic.path, diagnostic.message);
      if (!diagnostic.hint.empty()) mistake += fmt::format(" ({})", diagnostic.hint);
      mistakes.push_back(std::move(mistake));
    }
  }
  constexpr std::string_view error = "these answers make no good configuration; nothing was written";
  if (output.is_json()) {
    output.json({{"error", error}, {"mistakes", mistakes}});
    return exit_usage;
  }
  for (const std::string& mistake : mistakes) output.notice(mistake);
  return output.fail(exit_usage, error, "");
}

// What an operator should know about a configuration that is good.
std::vector<std::string> find_warnings(const InitAnswers& answers, const config::ClusterConfig& cluster) {
  std::vector<std::string> warnings;
  const std::string host = io::host_name();
  if (config::find_own_node(cluster, host) == nullptr) {
    warnings.push_back(fmt::format("this host is called {}, which is neither {} nor {}: the daemons need --node NAME here",
                                   host, answers.nodes[0].name, answers.nodes[1].name));
  }
  if (answers.vips.size() == 1) {
    warnings.push_back(fmt::format("with one floating address {} waits idle; a second --vip keeps both nodes busy",
                                   answers.nodes[1].name));
  }
  if (answers.sync.empty()) {
    warnings.emplace_back("without --sync the nodes replicate over the LAN, and a broken LAN separates them entirely");
  }
  if (answers.witnesses.empty()) {
    warnings.emplace_back("without --witness a node that is cut off from the LAN, but not from its peer, keeps its addresses");
  }
  return warnings;
}

struct Written {
  std::string config;
  std::string kept_as;  // the former configuration, if there was one
  std::string key_file;
  KeyOutcome key;
};

int report(const Output& output, const Written& written, const std::vector<std::string>& warnings) {
  const std::string own = written.config == default_config_file ? "" : fmt::format(" --config {}", written.config);
  if (output.is_json()) {
    output.json({{"config", written.config},
                 {"kept_as", written.kept_as.empty() ? Json() : Json(written.kept_as)},
                 {"key_file", written.key_file},
                 {"key_made", written.key.made},
                 {"key_mode", written.key.owner.mode},
                 {"key_owner", written.key.owner.owner},
                 {"key_group", written.key.owner.group},
                 {"warnings", warnings},
                 {"next", {fmt::format("lbctl init --join{}", own)}}});
    return exit_ok;
  }
  std::vector<std::string> lines = {fmt::format("wrote {}", written.config)};
  if (!written.kept_as.empty()) lines.push_back(fmt::format("kept the former one as {}", written.kept_as));
  lines.push_back(fmt::format("{} the cluster key {} ({}:{}, {})", written.key.made ? "made" : "kept", written.key_file,
                              written.key.owner.owner, written.key.owner.group, written.key.owner.mode));
  for (const std::string& warning : warnings) lines.push_back("note: " + warning);
  lines.push_back(fmt::format("next: read it, then `lbctl init --join{}` prints how to copy both to the peer and start the pair", own));
  for (const std::string& line : lines) output.text(printable(line) + "\n");
  return exit_ok;
}

int write(const Invocation& invocation, const InitAnswers& answers, const config::LoadOutcome& outcome, const std::string& text,
          const Output& output) {
  Written written{.config = output_path(invocation), .kept_as = {}, .key_file = answers.key_file, .key = {}};
  const auto obstacle = look_for_obstacle(written.config);
  if (!obstacle) return output.fail(exit_failure, obstacle.error().message, "");
  if (*obstacle == Obstacle::foreign && !invocation.has("--force")) {
    return output.fail(exit_failure, fmt::format("{} is there already; nothing was written", written.config),
                       "--force replaces it and keeps it as FILE.old");
  }
  const std::string_view rights_hint = ::geteuid() == 0 ? "" : "run it as root";
  const auto key = ensure_key(answers.key_file);
  if (!key) return output.fail(exit_failure, key.error().message, rights_hint);
  written.key = *key;
  const bool keep = *obstacle == Obstacle::foreign;
  if (auto good = write_config(written.config, text, keep); !good) {
    return output.fail(exit_failure, good.error().message, rights_hint);
  }
  if (keep) written.kept_as = written.config + ".old";
  return report(output, written, find_warnings(answers, *outcome.config.cluster));
}

}  // namespace

int run_init(const Invocation& invocation, const Output& output) {
  if (invocation.has("--join")) return run_join(invocation, output);
  auto answers = read_answers(invocation);
  if (!answers) return output.fail(exit_usage, answers.error().message, "lbctl help init");
  if (const auto missing = missing_answers(*answers); !missing.empty()) {
    if (output.is_json() || ::isatty(STDIN_FILENO) != 1) {
      return output.fail(exit_usage, fmt::format("init: {} {} missing", fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are"),
                         "on a terminal, lbctl init asks");
    }
    answers = ask(std::move(*answers), guess_host(), std::cin, std::cerr);
    if (!answers) return output.fail(exit_usage, answers.error().message, "");
  }
  const std::string text = render_config(*answers);
  const auto outcome = config::load(text, output_path(invocation));
  if (!outcome.usable()) return refuse(output, outcome);
  if (output_path(invocation) == "-") {
    output.text(text);
    return exit_ok;
  }
  return write(invocation, *answers, outcome, text, output);
}

}  // namespace tandem::ctl
