// The text of a new configuration. Pure.
#pragma once

#include <string>

#include "lbctl/init/answers.hpp"

namespace tandem::ctl {

/// A tandem.json for the pair of `answers`, which must be complete, with comments that say what each part does.
/// It may still have mistakes of meaning (an address given twice): load it to see.
std::string render_config(const InitAnswers& answers);

}  // namespace tandem::ctl
