// The questions of `lbctl init` on a terminal.
#pragma once

#include <iosfwd>

#include "lbctl/init/answers.hpp"
#include "lbctl/init/guess.hpp"

namespace tandem::ctl {

/// Asks on `out` for what `answers` does not say yet; a wrong answer is explained and asked again. `guess` is what
/// an empty line stands for. The error: the input ended before all was known.
Result<InitAnswers> ask(InitAnswers answers, const Guess& guess, std::istream& in, std::ostream& out);

}  // namespace tandem::ctl
