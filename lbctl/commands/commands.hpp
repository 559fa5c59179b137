// One function for each command: carries out a checked command line and returns the exit code.
#pragma once

#include "lbctl/grammar.hpp"
#include "lbctl/output.hpp"

namespace tandem::ctl {

int run_init(const Invocation& invocation, const Output& output);
int run_doctor(const Invocation& invocation, const Output& output);
int run_status(const Invocation& invocation, const Output& output);
int run_check(const Invocation& invocation, const Output& output);
/// drain, enable and weight.
int run_admin(const Invocation& invocation, const Output& output);
int run_reload(const Invocation& invocation, const Output& output);
int run_failover(const Invocation& invocation, const Output& output);
int run_maintenance(const Invocation& invocation, const Output& output);
int run_events(const Invocation& invocation, const Output& output);
/// sync and vrrp: one daemon's status in full.
int run_show(const Invocation& invocation, const Output& output);
int run_metrics(const Invocation& invocation, const Output& output);
/// Every name of one kind.
int run_names(const Invocation& invocation, const Output& output);
/// The same with and without --json: a schema is JSON.
int run_schema(const Invocation& invocation, const Output& output);
int run_completion(const Invocation& invocation, const Output& output);
int run_help(const Invocation& invocation, const Output& output);
int run_version(const Invocation& invocation, const Output& output);

}  // namespace tandem::ctl
