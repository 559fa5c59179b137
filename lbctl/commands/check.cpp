#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "common/config/load.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;
using config::Diagnostic;

struct Counts {
  std::size_t virtual_addresses, listeners, target_groups, backends, certificates;
};

Counts count(const config::Config& config) {
  std::size_t backends = 0;
  for (const auto& group : config.target_groups) backends += group.backends.size();
  return {config.virtual_addresses.size(), config.listeners.size(), config.target_groups.size(), backends,
          config.certificates.size()};
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string summary(const config::Config& config) {
  const Counts counts = count(config);
  return fmt::format("{}, {}, {}, {}, {}",
                     counted(counts.virtual_addresses, "virtual address", "virtual addresses"),
                     counted(counts.listeners, "listener", "listeners"),
                     counted(counts.target_groups, "target group", "target groups"),
                     counted(counts.backends, "backend", "backends"),
                     counted(counts.certificates, "certificate", "certificates"));
}

Json diagnostics_json(const std::vector<Diagnostic>& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& d : diagnostics) {
    list.push_back({{"file", d.file}, {"line", d.line}, {"column", d.column}, {"path", d.path},
                    {"message", d.message}, {"hint", d.hint}});
  }
  return list;
}

Json outcome_json(const std::string& file, const config::LoadOutcome& outcome) {
  Json json = {{"file", file},
               {"ok", outcome.usable()},
               {"diagnostics", diagnostics_json(outcome.diagnostics)},
               {"unsupported", diagnostics_json(outcome.unsupported)}};
  if (!outcome.usable()) {
    const std::size_t mistakes = outcome.diagnostics.size() + outcome.unsupported.size();
    json["error"] = fmt::format("{}: {}", file, counted(mistakes, "mistake", "mistakes"));
    json["hint"] = "a daemon refuses to start with this file";
    return json;
  }
  const Counts counts = count(outcome.config);
  json["virtual_addresses"] = counts.virtual_addresses;
  json["listeners"] = counts.listeners;
  json["target_groups"] = counts.target_groups;
  json["backends"] = counts.backends;
  json["certificates"] = counts.certificates;
  return json;
}

}  // namespace

int run_check(const Invocation& invocation, const Output& output) {
  std::string file = invocation.config_path();
  if (!invocation.arguments.empty()) file = invocation.arguments[0];
  const config::LoadOutcome outcome = config::load_file(file);
  const int code = outcome.usable() ? exit_ok : exit_usage;
  if (output.is_json()) {
    output.json(outcome_json(file, outcome));
    return code;
  }
  for (const Diagnostic& diagnostic : outcome.diagnostics) output.text(printable(diagnostic.to_string()) + "\n");
  for (const Diagnostic& diagnostic : outcome.unsupported) output.text(printable(diagnostic.to_string()) + "\n");
  if (outcome.usable()) output.text(fmt::format("{}: ok ({})\n", file, summary(outcome.config)));
  return code;
}

}  // namespace tandem::ctl
