// What the HTTP/1 tests share: parsing from a string, and reading pieces back as text.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lbd/core/http1/parser.hpp"
#include "lbd/core/http1/rewrite.hpp"

namespace tandem::lbd::http1::test {

/// A head with everything it borrows. The bytes live in an exactly sized heap block, so that a
/// sanitizer sees each read beyond them.
template <class Head>
struct Parsed {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;
  std::array<Field, 100> storage;
  HeadProgress progress;
  Head head;
  HeadResult result;

  explicit Parsed(std::string_view text) : bytes(new char[text.size()]), size(text.size()) {
    std::memcpy(bytes.get(), text.data(), text.size());
  }
  Parsed(const Parsed&) = delete;
  [[nodiscard]] std::string_view view() const { return {bytes.get(), size}; }
  [[nodiscard]] std::string text(Slice slice) const { return std::string(head.text(slice)); }
};

inline std::unique_ptr<Parsed<RequestHead>> parse_request(std::string_view text,
                                                          HeadLimits limits = {}) {
  auto parsed = std::make_unique<Parsed<RequestHead>>(text);
  parsed->result =
      parse_request_head(parsed->view(), limits, parsed->storage, parsed->progress, parsed->head);
  return parsed;
}

inline std::unique_ptr<Parsed<ResponseHead>> parse_response(std::string_view text, bool to_head = false,
                                                            HeadLimits limits = {}) {
  auto parsed = std::make_unique<Parsed<ResponseHead>>(text);
  parsed->result = parse_response_head(parsed->view(), limits, parsed->storage, to_head,
                                       parsed->progress, parsed->head);
  return parsed;
}

inline std::string join(std::span<const Piece> pieces) {
  std::string text;
  for (const Piece& piece : pieces) text.append(piece.data, piece.size);
  return text;
}

/// "Name: value" of each field, in order.
inline std::vector<std::string> lines_of(const MessageHead& head) {
  std::vector<std::string> lines;
  for (const Field& field : head.fields) {
    lines.push_back(std::string(head.name(field)) + ": " + std::string(head.value(field)));
  }
  return lines;
}

inline std::string values_of(const MessageHead& head, std::string_view name) {
  std::string joined;
  for (const Field& field : head.fields) {
    if (!equal_no_case(head.name(field), name)) continue;
    if (!joined.empty()) joined += " | ";
    joined += head.value(field);
  }
  return joined;
}

}  // namespace tandem::lbd::http1::test
