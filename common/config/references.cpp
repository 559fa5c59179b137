#include "common/config/references.hpp"

#include <fmt/format.h>

#include "common/config/suggest.hpp"

namespace tandem::config {

void NameIndex::define(const std::string& name, const Place& item, Diagnostics& mistakes) {
  const std::size_t index = defined_++;
  const Place place = item["name"];
  if (name.empty()) {
    complete_ = false;
    return;
  }
  const auto [at, added] = by_name_.try_emplace(name, Definition{index, place.position()});
  if (!added) {
    mistakes.add(place, fmt::format("duplicate {} name {}", kind_, quote(name)),
                 fmt::format("first at line {}", at->second.position.line));
  }
}

std::optional<std::size_t> NameIndex::resolve(const std::string& name, const Place& place,
                                              Diagnostics& mistakes) const {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second.index;
  if (name.empty() || !complete_) return std::nullopt;
  std::vector<std::string_view> known;
  for (const auto& definition : by_name_) known.push_back(definition.first);
  std::string hint = mistakes.crowded() ? "" : did_you_mean(nearest(name, known));
  if (hint.empty() && known.empty()) hint = fmt::format("no {} is defined", kind_);
  mistakes.add(place, fmt::format("unknown {} {}", kind_, quote(name)), std::move(hint));
  return std::nullopt;
}

}  // namespace tandem::config
