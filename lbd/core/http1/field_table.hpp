// The perfect hash behind recognise_field(), inline for the parser's loop.
//
// A name is hashed by its length, first and last byte; the multipliers are searched for at compile
// time until no two known names share a slot. A hit is confirmed word by word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "lbd/core/http1/field_id.hpp"

namespace tandem::lbd::http1::detail {

/// Canonical names, indexed by FieldId.
inline constexpr std::array<std::string_view, field_id_count> field_names = {
    "",
    "Connection",
    "Content-Length",
    "Cookie",
    "Expect",
    "Forwarded",
    "Host",
    "HTTP2-Settings",
    "Keep-Alive",
    "Location",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Referer",
    "Server",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
};

inline constexpr std::size_t field_slot_count = 128;
inline constexpr std::size_t longest_field_name = 25;

/// Case folding that is exact for token characters: it maps no other one onto a letter, digit or '-'.
constexpr unsigned fold(char c) { return static_cast<unsigned char>(c) | 0x20u; }

constexpr std::size_t field_slot(std::string_view name, std::uint32_t multiplier) {
  const std::uint32_t key = fold(name.front()) | fold(name.back()) << 8 |
                            static_cast<std::uint32_t>(name.size()) << 16;
  return (key * multiplier) >> 25;  // the upper 7 bits: field_slot_count values
}

constexpr bool is_perfect(std::uint32_t multiplier) {
  std::array<bool, field_slot_count> taken{};
  for (std::size_t i = 1; i < field_names.size(); ++i) {
    const std::size_t slot = field_slot(field_names[i], multiplier);
    if (taken[slot]) return false;
    taken[slot] = true;
  }
  return true;
}

constexpr std::uint32_t find_multiplier() {
  std::uint32_t multiplier = 0x9e3779b1;
  for (int tries = 0; tries < 1000; ++tries, multiplier += 0x3c6ef362) {
    if (is_perfect(multiplier)) return multiplier;
  }
  return 0;
}

inline constexpr std::uint32_t field_multiplier = find_multiplier();
static_assert(field_multiplier != 0, "the field names have no perfect hash: change field_slot()");

/// What the first probe needs: two bytes per slot, so that the whole table is four cache lines.
struct FieldSlot {
  std::uint8_t size = 0;
  FieldId id = FieldId::other;
};

constexpr std::array<FieldSlot, field_slot_count> make_field_slots() {
  std::array<FieldSlot, field_slot_count> slots{};
  for (std::size_t i = 1; i < field_names.size(); ++i) {
    slots[field_slot(field_names[i], field_multiplier)] = {
        static_cast<std::uint8_t>(field_names[i].size()), static_cast<FieldId>(i)};
  }
  return slots;
}

/// The names in lower case, padded so that whole words can be compared.
using PaddedName = std::array<char, 32>;
static_assert(longest_field_name <= sizeof(PaddedName));

constexpr std::array<PaddedName, field_id_count> make_folded_names() {
  std::array<PaddedName, field_id_count> names{};
  for (std::size_t i = 0; i < field_names.size(); ++i) {
    for (std::size_t k = 0; k < field_names[i].size(); ++k) {
      names[i][k] = static_cast<char>(fold(field_names[i][k]));
    }
  }
  return names;
}

inline constexpr std::array<FieldSlot, field_slot_count> field_slots = make_field_slots();
inline constexpr std::array<PaddedName, field_id_count> folded_names = make_folded_names();

template <class Word>
inline Word load(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline constexpr std::uint64_t fold_mask = 0x2020202020202020ULL;

/// Equal when folded; `known` is folded already and as long as `name`.
inline bool same_folded(const char* name, const char* known, std::size_t size) noexcept {
  if (size >= 8) {
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
      if ((load<std::uint64_t>(name + at) | fold_mask) != load<std::uint64_t>(known + at)) return false;
    }
    at = size - 8;
    return (load<std::uint64_t>(name + at) | fold_mask) == load<std::uint64_t>(known + at);
  }
  if (size >= 4) {
    constexpr auto mask = static_cast<std::uint32_t>(fold_mask);
    const std::size_t at = size - 4;
    return (load<std::uint32_t>(name) | mask) == load<std::uint32_t>(known) &&
           (load<std::uint32_t>(name + at) | mask) == load<std::uint32_t>(known + at);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (fold(name[i]) != static_cast<unsigned char>(known[i])) return false;
  }
  return true;
}

/// See recognise_field(). `name` is not empty.
inline FieldId recognise(std::string_view name) noexcept {
  const FieldSlot slot = field_slots[field_slot(name, field_multiplier)];
  if (slot.size != name.size()) return FieldId::other;
  const PaddedName& known = folded_names[static_cast<std::size_t>(slot.id)];
  return same_folded(name.data(), known.data(), name.size()) ? slot.id : FieldId::other;
}

}  // namespace tandem::lbd::http1::detail
