// From the document to the model, one function per kind of object, one file per section.
//
// Each parses the existing value at `place`, reports what is wrong in itself, and returns the
// model with defaults for what is missing or wrong. Cross checks are in validate.hpp.
#pragma once

#include "common/config/diagnostics.hpp"
#include "common/config/model.hpp"
#include "common/config/place.hpp"

namespace tandem::config {

Config parse_config(const Place& root, Diagnostics& mistakes);

ClusterConfig parse_cluster(const Place& place, Diagnostics& mistakes);
VirtualAddressConfig parse_virtual_address(const Place& place, Diagnostics& mistakes);
CertificateConfig parse_certificate(const Place& place, Diagnostics& mistakes);
ListenerConfig parse_listener(const Place& place, Diagnostics& mistakes);
HeaderEdits parse_header_edits(const Place& place, Diagnostics& mistakes);
RuleConfig parse_rule(const Place& place, Diagnostics& mistakes);
TargetGroupConfig parse_target_group(const Place& place, Diagnostics& mistakes);
TimeoutsConfig parse_timeouts(const Place& place, Diagnostics& mistakes);
LimitsConfig parse_limits(const Place& place, Diagnostics& mistakes);
AdminConfig parse_admin(const Place& place, Diagnostics& mistakes);
LogConfig parse_log(const Place& place, Diagnostics& mistakes);

}  // namespace tandem::config
