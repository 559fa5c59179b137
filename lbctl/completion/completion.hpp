// Completion scripts for shells, generated from the grammar table. Pure.
//
// Words, options and fixed values stand in the script; names of backends, floating addresses and nodes are asked
// of `lbctl names` when the key is pressed, with the --run-dir and --config of the line being typed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lbctl/grammar.hpp"

namespace tandem::ctl {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

/// All options that take a value, of all commands and global, each once.
std::vector<const OptionSpec*> options_with_value();

/// The argument of `lbctl names` whose output completes `kind`; empty if none does.
std::string_view names_for(ArgumentKind kind);

/// `text` in single quotes of a POSIX shell.
std::string shell_quote(std::string_view text);

/// The words of a list with a blank between two.
std::string blank_separated(const std::vector<std::string_view>& words);

}  // namespace tandem::ctl
