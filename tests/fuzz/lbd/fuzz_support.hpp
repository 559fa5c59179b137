// What the harnesses share. A broken promise traps, so that the fuzzer keeps the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lbd/core/http1/parser.hpp"
#include "lbd/core/http1/rewrite.hpp"

namespace tandem::lbd::fuzz {

inline void require(bool holds) {
  if (!holds) __builtin_trap();
}

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::string join(std::span<const http1::Piece> pieces) {
  std::string joined;
  for (const http1::Piece& piece : pieces) joined.append(piece.data, piece.size);
  return joined;
}

/// A complete head lies inside its bytes, and its parts inside it, in order.
inline void check_head(const http1::MessageHead& head, std::size_t bytes) {
  require(head.size <= bytes && head.fields_end + 2 == head.size);
  require(head.start <= head.fields_begin && head.fields_begin <= head.fields_end);
  std::uint32_t at = head.fields_begin;
  for (const http1::Field& field : head.fields) {
    require(field.name_offset == at && field.name_size > 0);
    require(field.value_offset > field.name_offset + field.name_size);
    at = field.value_offset + field.value_size;
    while (head.base[at] != '\n') ++at;
    ++at;
    require(field.id == http1::recognise_field(head.name(field)) && head.present.has(field.id));
    for (const char c : head.value(field)) require(c == '\t' || static_cast<unsigned char>(c) >= 0x20);
  }
  require(at == head.fields_end);
}

}  // namespace tandem::lbd::fuzz
