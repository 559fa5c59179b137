// The names that a section defines, and the references to them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/diagnostics.hpp"
#include "common/config/place.hpp"

namespace tandem::config {

/// Names of one kind of entity, with their index in the section.
class NameIndex {
 public:
  /// `kind` is what the entities are called: "target group". `complete` is false if their
  /// section is wrong as a whole.
  NameIndex(std::string_view kind, bool complete) : kind_(kind), complete_(complete) {}

  /// Reports a name that is there already. `item` is the entity with the key "name".
  void define(const std::string& name, const Place& item, Diagnostics& mistakes);
  /// Index of `name`, which stands at `place`; nullopt if it is not defined, which is reported
  /// unless it may only be a consequence of another mistake.
  std::optional<std::size_t> resolve(const std::string& name, const Place& place,
                                     Diagnostics& mistakes) const;

 private:
  struct Definition {
    std::size_t index;
    Position position;
  };
  std::string kind_;
  std::map<std::string, Definition> by_name_;
  std::size_t defined_ = 0;
  bool complete_;  // no entity without a valid name
};

/// Index of the entities of a section, the array at `section`.
template <class Entity>
NameIndex index_names(std::string_view kind, const std::vector<Entity>& entities,
                      const Place& section, Diagnostics& mistakes) {
  NameIndex index(kind, !mistakes.reported(section));
  for (std::size_t i = 0; i < entities.size(); ++i) {
    index.define(entities[i].name, section[i], mistakes);
  }
  return index;
}

}  // namespace tandem::config
