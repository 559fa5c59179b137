#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/config/load.hpp"
#include "lbctl/commands/commands.hpp"
#include "lbctl/daemons.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::vector<std::string>;

// A shell waits for it while a key is pressed.
constexpr Duration patience = std::chrono::milliseconds(500);

template <class Entities>
Names names_of(const Entities& entities) {
  Names names;
  for (const auto& entity : entities) names.push_back(entity.name);
  return names;
}

Names from_config(const config::Config& config, std::string_view kind) {
  if (kind == "nodes") return config.cluster ? names_of(config.cluster->nodes) : Names{};
  if (kind == "vips") return names_of(config.virtual_addresses);
  if (kind == "groups") return names_of(config.target_groups);
  if (kind == "listeners") return names_of(config.listeners);
  Names names;
  for (const auto& group : config.target_groups) {
    for (const auto& backend : group.backends) names.push_back(fmt::format("{}/{}", group.name, backend.name));
  }
  return names;
}

Names from_status(const Json& lbd, std::string_view kind) {
  Names names;
  for (const Json& listener : elements(lbd, "listeners")) {
    if (kind == "listeners") names.push_back(text_field(listener, "name", ""));
  }
  for (const Json& group : elements(lbd, "target_groups")) {
    if (kind == "groups") names.push_back(text_field(group, "name", ""));
    for (const Json& backend : elements(group, "backends")) {
      if (kind == "backends") names.push_back(text_field(group, "name", "") + "/" + text_field(backend, "name", ""));
    }
  }
  return names;
}

// What a shell may expand in a list of words must not stand in it, whoever answered.
bool harmless(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '/';
  });
}

Names find_names(const Invocation& invocation, std::string_view kind) {
  std::string file = invocation.config_path();
  if (!invocation.config_file) {
    const bool is_vip = kind == "vips";
    Reply reply = call(invocation, is_vip ? "vrrpd" : "lbd", "GET", "/v1/status", {}, patience);
    const Json status = reply.ok() ? parse_object(reply) : Json();
    Names names;
    if (is_vip) {
      for (const Json& address : elements(status, "virtual_addresses")) names.push_back(text_field(address, "name", ""));
    } else {
      names = from_status(status, kind);
    }
    if (!names.empty()) return names;
    file = text_field(member(status, "config"), "file", file);
  }
  return from_config(config::load_file(file).config, kind);
}

}  // namespace

int run_names(const Invocation& invocation, const Output& output) {
  Names names = find_names(invocation, invocation.arguments[0]);
  names.erase(std::remove_if(names.begin(), names.end(), [](const std::string& name) { return !harmless(name); }),
              names.end());
  if (output.is_json()) {
    output.json({{invocation.arguments[0], names}});
    return exit_ok;
  }
  for (const std::string& name : names) output.text(name + "\n");
  return exit_ok;
}

}  // namespace tandem::ctl
