// Patterns of hosts, paths, headers: '*' stands for any run of characters.
#pragma once

#include <string_view>

namespace tandem::lbd {

/// '*' matches any run of characters, also none; everything else itself. At most
/// O(pattern x text), linear in practice, no recursion.
[[nodiscard]] bool wildcard_match(std::string_view pattern, std::string_view text) noexcept;

/// The same whatever the case of ASCII letters in `text`; `pattern` must be in lower case.
[[nodiscard]] bool wildcard_match_no_case(std::string_view pattern, std::string_view text) noexcept;

}  // namespace tandem::lbd
