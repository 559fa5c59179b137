#include "common/config/syntax_error.hpp"

#include <algorithm>
#include <array>

namespace tandem::config {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool in_number(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// The parser's message, taken apart: "… while parsing CONTEXT - unexpected FOUND; expected …"
/// or "… while parsing CONTEXT - LEXICAL; last read: …".
struct Parts {
  std::string_view context;
  std::string_view found;
  std::string_view lexical;
};

Parts split(std::string_view what) {
  constexpr std::string_view introduction = "while parsing ";
  constexpr std::string_view unexpected = "unexpected ";
  Parts parts;
  const auto context = what.find(introduction);
  const auto dash = what.find(" - ", context == std::string_view::npos ? 0 : context);
  // How the parser from 3.11.3 on names a text without a single byte.
  if (what.find("an empty input") != std::string_view::npos) {
    parts.found = "end of input";
    return parts;
  }
  if (context == std::string_view::npos || dash == std::string_view::npos) {
    parts.lexical = what.substr(what.find("] ") + 2);  // "[json.exception.…] …"
    return parts;
  }
  parts.context = what.substr(context + introduction.size(), dash - context - introduction.size());
  const std::string_view detail = what.substr(dash + 3);
  if (starts_with(detail, unexpected)) {
    const auto end = detail.find("; expected ");
    parts.found = detail.substr(unexpected.size(), end - unexpected.size());
  } else {
    parts.lexical = detail.substr(0, detail.find("; last read: "));
  }
  return parts;
}

struct Wording {
  std::string_view theirs;  // how the parser's text begins
  std::string_view message;
  std::string_view hint;
};

constexpr std::array<Wording, 9> lexical_wordings{{
    {"invalid string: control character U+000A", "the string does not end on its line",
     "a closing quote is missing"},
    {"invalid string: missing closing quote", "the string does not end",
     "a closing quote is missing"},
    {"invalid string: control character", "a control character inside a string",
     "write it as an escape, for example \\t"},
    {"invalid string: ill-formed UTF-8", "bytes that are not UTF-8 inside a string", ""},
    {"invalid string: forbidden character", "an unknown escape inside a string",
     "a backslash itself is written \\\\"},
    {"invalid comment; missing", "the comment does not end", "*/ is missing"},
    {"invalid comment", "a lone /", "comments are // to the end of the line, or /* ... */"},
    {"invalid literal", "this is not a JSON value", "a text stands in double quotes"},
    {"number overflow", "the number is too large", ""},
}};

SyntaxError explain_lexical(const Parts& parts) {
  if (parts.context == "object key" && starts_with(parts.lexical, "invalid literal")) {
    return {0, "expected a key in double quotes", ""};
  }
  for (const Wording& wording : lexical_wordings) {
    if (starts_with(parts.lexical, wording.theirs)) {
      return {0, std::string(wording.message), std::string(wording.hint)};
    }
  }
  return {0, std::string(parts.lexical), ""};
}

/// The parser's names of tokens, in words.
std::string name_token(std::string_view found) {
  if (found == "string literal") return "a string";
  if (found == "number literal") return "a number";
  return std::string(found.substr(0, found.find(" literal")));
}

SyntaxError explain_unexpected(const Parts& parts) {
  const bool closing = parts.found == "'}'" || parts.found == "']'";
  const std::string found = name_token(parts.found);
  if (parts.found == "end of input") {
    return {0, "the text ends too early", "a value, } or ] is missing"};
  }
  if (parts.context == "object separator") return {0, "expected ':' after the key", ""};
  if (parts.context == "object key") {
    return {0, "expected a key in double quotes, found " + found,
            closing ? "remove the comma before it" : ""};
  }
  if (parts.context == "object") {
    return {0, "expected ',' or '}', found " + found, closing ? "" : "a comma is missing"};
  }
  if (parts.context == "array") {
    return {0, "expected ',' or ']', found " + found, closing ? "" : "a comma is missing"};
  }
  return {0, "expected a value, found " + found,
          parts.found == "']'" ? "remove the comma before it" : ""};
}

/// Start of the token that was read last; the text up to `read` has been consumed.
std::size_t token_start(std::string_view found, const SourceText& source, std::size_t read) {
  if (read > source.text().size()) return source.text().size();
  if (found == "string literal") return source.string_start(read);
  if (found == "number literal") return source.number_start(read);
  if (found == "true literal" || found == "null literal") return read - 4;
  if (found == "false literal") return read - 5;
  return read > 0 ? read - 1 : 0;
}

/// The offending byte of a token that is none: the last one read, or the word it is in.
std::size_t lexical_start(std::string_view lexical, const SourceText& source, std::size_t read) {
  if (starts_with(lexical, "number overflow")) return source.number_start(read);
  std::size_t start = std::min(read > 0 ? read - 1 : 0, source.text().size());
  if (!starts_with(lexical, "invalid literal")) return start;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  while (start > 0 && is_letter(source.text()[start - 1])) --start;
  return start;
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

Position SourceText::position(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<int>(after - line_starts_.begin());
  return {line, static_cast<int>(offset - *(after - 1)) + 1};
}

std::size_t SourceText::string_start(std::size_t end) const {
  // Outside of a string no backslash stands before a quote, so the opening quote is the last
  // one that is not escaped.
  std::size_t start = end - 1;
  while (start > 0) {
    --start;
    if (text_[start] != '"') continue;
    std::size_t backslashes = 0;
    while (backslashes < start && text_[start - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) break;
  }
  return start;
}

std::size_t SourceText::number_start(std::size_t end) const {
  std::size_t start = end;
  if (start > 0 && !in_number(text_[start - 1])) --start;
  while (start > 0 && in_number(text_[start - 1])) --start;
  return start;
}

SyntaxError explain_syntax_error(std::string_view what, const SourceText& source,
                                 std::size_t read) {
  const Parts parts = split(what);
  if (parts.found.empty() && !parts.lexical.empty()) {
    SyntaxError error = explain_lexical(parts);
    error.offset = lexical_start(parts.lexical, source, read);
    return error;
  }
  SyntaxError error = explain_unexpected(parts);
  error.offset = token_start(parts.found, source, read);
  // "value" is also the parser's context for what follows the document.
  if (parts.context == "value" && what.find("; expected end of input") != std::string_view::npos) {
    error.message = "text after the end of the configuration";
    error.hint = "a bracket too many closes the document early";
  }
  return error;
}

}  // namespace tandem::config
