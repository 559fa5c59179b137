// "Did you mean …": the known word that is nearest to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tandem::config {

/// The candidate with the smallest edit distance to `word` (insert, delete, replace, swap of
/// neighbours; case does not count), or empty if none is near enough to be meant.
/// O(candidates × length) for words of up to 64 bytes; longer ones match nothing.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// `did you mean "WORD"?`, or empty for an empty word.
std::string did_you_mean(std::string_view word);

}  // namespace tandem::config
