#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

/// What is a rule for the one owner of a whole group, and so has one value in it.
struct Shared {
  std::string_view key;
  bool (*same)(const VirtualAddressConfig&, const VirtualAddressConfig&);
};

template <auto member>
bool same(const VirtualAddressConfig& one, const VirtualAddressConfig& other) {
  return one.*member == other.*member;
}

constexpr Shared shared[] = {
    {"preferred_node", &same<&VirtualAddressConfig::preferred_node>},
    {"advert_interval", &same<&VirtualAddressConfig::advert_interval>},
    {"preempt", &same<&VirtualAddressConfig::preempt>},
    {"preempt_delay", &same<&VirtualAddressConfig::preempt_delay>},
    {"version", &same<&VirtualAddressConfig::version>},
    {"authentication", &same<&VirtualAddressConfig::authentication>},
};

using Members = std::vector<std::size_t>;  // by index in the configuration

void check_agreement(const Config& config, const Members& members, const Place& section, Diagnostics& mistakes) {
  const VirtualAddressConfig& first = config.virtual_addresses[members.front()];
  for (const std::size_t i : members) {
    const VirtualAddressConfig& member = config.virtual_addresses[i];
    for (const Shared& rule : shared) {
      if (rule.same(first, member)) continue;
      mistakes.add(section[i][rule.key],
                   fmt::format("{} and {} are in sync group {}, but differ in \"{}\"", first.name, member.name,
                               quote(member.sync_group), rule.key),
                   fmt::format("the addresses of a group have one owner, so one rule; {} is at line {}", first.name,
                               section[members.front()].position().line));
    }
  }
}

void check_group(const Config& config, const Members& members, const Place& section, Diagnostics& mistakes) {
  for (const std::size_t i : members) {
    if (!config.virtual_addresses[i].foreign) continue;
    mistakes.add(section[i]["sync_group"], "the addresses beside a foreign router move by its rules, each by itself",
                 "remove \"sync_group\", or \"foreign\" if the other router is a Tandem node");
  }
  if (members.size() == 1) {
    const VirtualAddressConfig& alone = config.virtual_addresses[members.front()];
    return mistakes.add(section[members.front()]["sync_group"],
                        fmt::format("no other virtual address is in sync group {}", quote(alone.sync_group)),
                        "check the name: the same in all that shall move together");
  }
  check_agreement(config, members, section, mistakes);
}

}  // namespace

void validate_sync_groups(const Config& config, const Place& root, Diagnostics& mistakes) {
  std::map<std::string, Members> groups;
  for (std::size_t i = 0; i < config.virtual_addresses.size(); ++i) {
    const std::string& name = config.virtual_addresses[i].sync_group;
    if (!name.empty()) groups[name].push_back(i);
  }
  for (const auto& [name, members] : groups) check_group(config, members, root["virtual_addresses"], mistakes);
}

}  // namespace tandem::config
