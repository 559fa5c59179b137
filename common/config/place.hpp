// A spot in the document: a value, or the gap where one could stand, with its path.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "common/config/document.hpp"

namespace tandem::config {

/// Walks the tree by keys and indices without ever failing: what is not there is an absent
/// place, positioned at the innermost value around it. Borrows the tree.
class Place {
 public:
  explicit Place(const Node& root) : node_(&root), position_(root.position) {}

  /// The member `key` of an object.
  Place operator[](std::string_view key) const;
  /// The item `index` of an array.
  Place operator[](std::size_t index) const;

  [[nodiscard]] bool exists() const { return node_ != nullptr; }
  /// Only if it exists.
  [[nodiscard]] const Node& node() const { return *node_; }
  /// Items of an array; 0 for everything else.
  [[nodiscard]] std::size_t size() const { return exists() ? node_->items.size() : 0; }
  [[nodiscard]] Position position() const { return position_; }
  /// "listeners[0].port"; empty for the root.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path that the member `key` has or would have.
  [[nodiscard]] std::string path_of(std::string_view key) const;

 private:
  Place(const Node* node, Position position, std::string path)
      : node_(node), position_(position), path_(std::move(path)) {}

  const Node* node_;
  Position position_;
  std::string path_;
};

}  // namespace tandem::config
