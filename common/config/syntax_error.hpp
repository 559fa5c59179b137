// From the JSON parser's error texts to a sentence for the operator, at the right place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/document.hpp"

namespace tandem::config {

/// A text with an index of its lines. Does not own the text.
class SourceText {
 public:
  explicit SourceText(std::string_view text);

  [[nodiscard]] std::string_view text() const { return text_; }
  /// Line and column of the byte at `offset` (at most the text's size).
  [[nodiscard]] Position position(std::size_t offset) const;
  /// Offset of the opening quote of the string whose closing quote is the byte before `end`.
  [[nodiscard]] std::size_t string_start(std::size_t end) const;
  /// Offset of the first byte of the number that ends at `end` or one byte before it.
  [[nodiscard]] std::size_t number_start(std::size_t end) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

struct SyntaxError {
  std::size_t offset = 0;  // in the text, at most its size
  std::string message;
  std::string hint;
};

/// `what` is the parser's message, `read` how many bytes it had read, which is one more than
/// the text holds if it ran into the end.
SyntaxError explain_syntax_error(std::string_view what, const SourceText& source, std::size_t read);

}  // namespace tandem::config
