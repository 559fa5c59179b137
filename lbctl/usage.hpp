// The grammar table as text and as JSON. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "lbctl/grammar.hpp"

namespace tandem::ctl {

/// "drain GROUP/BACKEND"
std::string synopsis(const CommandSpec& spec);

/// All commands, a line each, and the global options.
std::string usage();

/// All about one command.
std::string usage(const CommandSpec& spec);

/// {"commands": [{"command", "synopsis", "summary", "arguments", "options"}], "options": […]}
nlohmann::ordered_json usage_json();

}  // namespace tandem::ctl
