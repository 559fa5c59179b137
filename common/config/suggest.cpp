#include "common/config/suggest.hpp"

#include <algorithm>
#include <array>

namespace tandem::config {
namespace {

constexpr std::size_t longest_word = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Damerau-Levenshtein distance (optimal string alignment) by the usual three rows, computed
/// only near the diagonal: everything beyond `limit` is limit + 1.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  using Row = std::array<std::size_t, longest_word + 1>;
  const std::size_t far = limit + 1;
  Row two_up;
  Row up;
  Row row;
  two_up.fill(far);
  up.fill(far);
  for (std::size_t j = 0; j <= std::min(b.size(), limit); ++j) up[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row.fill(far);
    if (i <= limit) row[0] = i;
    const std::size_t first = i > limit ? i - limit : 1;
    const std::size_t last = std::min(b.size(), i + limit);
    for (std::size_t j = first; j <= last; ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({far, up[j] + 1, row[j - 1] + 1, up[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_up[j - 2] + 1);
    }
    two_up = up;
    up = row;
  }
  return up[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > longest_word) return {};
  std::string_view best;
  // Up to a third of the letters may be wrong, of long words less: beyond that a hint would be
  // a guess.
  std::size_t limit = std::clamp<std::size_t>(word.size() / 3, 1, 4);
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer > longest_word || longer - shorter > limit) continue;
    const std::size_t found = distance(word, candidate, limit);
    if (found > limit) continue;
    best = candidate;
    if (found == 0) break;
    limit = found - 1;
  }
  return best;
}

std::string did_you_mean(std::string_view word) {
  if (word.empty()) return {};
  return "did you mean \"" + std::string(word) + "\"?";
}

}  // namespace tandem::config
