// Cross checks: what no single value can know about itself.
//
// They run on the model in document order (rules not yet sorted), beside the document for the
// positions, and keep silent about values that were reported already.
#pragma once

#include <string>

#include "common/config/diagnostics.hpp"
#include "common/config/model.hpp"
#include "common/config/place.hpp"
#include "common/config/references.hpp"

namespace tandem::config {

/// All checks below. Pure: looks at nothing but its arguments.
void validate(const Config& config, const Place& root, Diagnostics& mistakes);

/// The names that other sections refer to; their duplicates are reported.
struct Definitions {
  NameIndex nodes;
  NameIndex certificates;
  NameIndex target_groups;
};

void validate_cluster(const Config& config, const Place& root, Diagnostics& mistakes);
void validate_virtual_addresses(const Config& config, const NameIndex& nodes, const Place& root,
                                Diagnostics& mistakes);
/// The members of a sync group follow one rule.
void validate_sync_groups(const Config& config, const Place& root, Diagnostics& mistakes);
void validate_listeners(const Config& config, const Definitions& definitions, const Place& root,
                        Diagnostics& mistakes);
void validate_target_groups(const Config& config, const Place& root, Diagnostics& mistakes);
/// Two sockets of lbd, or of lbd and syncd, on one address and port.
void validate_sockets(const Config& config, const Place& root, Diagnostics& mistakes);

inline bool is_http(ListenerProtocol protocol) {
  return protocol == ListenerProtocol::http || protocol == ListenerProtocol::https;
}
/// "an http listener", for messages.
std::string listener_kind(ListenerProtocol protocol);

/// What a listener demands of its target groups.
struct RuleContext {
  const Config& config;
  const ListenerConfig& listener;
  const NameIndex& target_groups;
  bool protocol_unknown;  // the listener's protocol is wrong and was reported
};
/// `name` stands at `place` and must be a target group that the listener can use.
void validate_target(const std::string& name, const RuleContext& context, const Place& place,
                     Diagnostics& mistakes);
void validate_rules(const RuleContext& context, const Place& rules, Diagnostics& mistakes);

}  // namespace tandem::config
