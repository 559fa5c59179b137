// The text of tandem.json as a tree of values that know their line and column.
//
// JSON with // and /* */ comments (RFC 8259 otherwise, UTF-8), bounded in size, depth and
// number of values. The tree says nothing about the schema: that is reader.hpp's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::config {

class Diagnostics;

inline constexpr std::size_t max_document_bytes = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t max_document_depth = 64;
inline constexpr std::size_t max_document_values = 1'000'000;

/// From 1; columns count bytes.
struct Position {
  int line = 1;
  int column = 1;
  auto operator<=>(const Position&) const = default;
};

struct Member;

/// One JSON value.
struct Node {
  enum class Kind : std::uint8_t { null, boolean, integer, real, string, array, object };
  Kind kind = Kind::null;
  Position position;  // of its first byte
  bool boolean = false;
  std::int64_t integer =
      0;                    // more than int64 holds: the nearest int64 (kind is real beyond uint64)
  std::string text;         // of a string: unescaped, valid UTF-8
  std::vector<Node> items;  // of an array
  std::vector<Member> members;  // of an object, in document order; duplicate keys all kept
};

struct Member {
  std::string key;
  Position position;  // of the key's opening quote
  Node value;
};

/// Parses `text`. A syntax error, or a text beyond the bounds above, is one diagnostic and
/// nullopt. A key that stands twice in one object is a diagnostic, but the tree is returned.
std::optional<Node> parse_document(std::string_view text, Diagnostics& mistakes);

}  // namespace tandem::config
