#include "common/config/place.hpp"

namespace tandem::config {

std::string Place::path_of(std::string_view key) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  return path.append(key);
}

Place Place::operator[](std::string_view key) const {
  if (exists()) {
    for (const Member& member : node_->members) {
      if (member.key == key) return {&member.value, member.value.position, path_of(key)};
    }
  }
  return {nullptr, position_, path_of(key)};
}

Place Place::operator[](std::size_t index) const {
  std::string path = path_ + "[" + std::to_string(index) + "]";
  if (index < size()) {
    const Node& item = node_->items[index];
    return {&item, item.position, std::move(path)};
  }
  return {nullptr, position_, std::move(path)};
}

}  // namespace tandem::config
