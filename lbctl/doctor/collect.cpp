#include "lbctl/doctor/collect.hpp"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "common/config/own_node.hpp"
#include "common/crypto/crypto.hpp"
#include "common/io/daemon.hpp"
#include "lbctl/doctor/identity.hpp"
#include "lbctl/init/guess.hpp"

namespace tandem::ctl {

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<int> read_number(const std::string& path) {
  const auto line = first_line(path);
  if (!line) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

void collect_setup(const Invocation& invocation, Facts& facts) {
  facts.root = ::geteuid() == 0;
  facts.own_version = io::version();
  facts.config_file = invocation.config_path();
  facts.config_exists = ::access(facts.config_file.c_str(), R_OK) == 0;
  auto outcome = config::load_file(facts.config_file);
  facts.config = std::move(outcome.config);
  facts.mistakes = std::move(outcome.diagnostics);
  facts.mistakes.insert(facts.mistakes.end(), outcome.unsupported.begin(), outcome.unsupported.end());
  facts.host = io::host_name();
  for (const auto& [interface, address] : own_addresses()) {
    if (const auto parsed = IpAddress::parse(address)) facts.own_addresses.push_back(*parsed);
  }
  if (!facts.mistakes.empty() || !facts.config.cluster) return;
  if (const auto* own = config::find_own_node(*facts.config.cluster, facts.host)) facts.self = own->name;
  const auto key = crypto::load_cluster_key(facts.config.cluster->sync.key_file);
  if (key) {
    facts.key_warning = key->warning;
  } else {
    facts.key_problem = key.error().message;
  }
}

Facts collect(const Invocation& invocation) {
  Facts facts;
  collect_setup(invocation, facts);
  collect_daemons(invocation, facts);
  collect_host(facts);
  if (facts.mistakes.empty() && facts.config.cluster) {
    collect_firewall(facts);
    collect_probes(facts);
  }
  facts.identity = {.node = facts.self,
                    .version = facts.own_version,
                    .config_digest = file_digest(facts.config_file),
                    .key_fingerprint = facts.config.cluster ? key_fingerprint(facts.config.cluster->sync.key_file) : "",
                    .vips = {},
                    .adverts = {}};
  for (const VipFacts& vip : facts.vips) {
    facts.identity.vips[vip.name] = vip.state;
    if (vip.sample) facts.identity.adverts[vip.name] = *vip.sample;
  }
  return facts;
}

}  // namespace tandem::ctl
