// Finding the first byte that ends a run: 16 bytes at a time with SSE2, byte by byte elsewhere.
//
// Each Run names the table class of its bytes and, for SSE2, computes the mask of bytes that stop it.
// A Run may stop early at a byte of its class (`exact` false); scan() then decides by the table.
#pragma once

#include <cstddef>

#include "lbd/core/http1/char_class.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tandem::lbd::http1::detail {

#if defined(__SSE2__)
inline __m128i all(char c) noexcept { return _mm_set1_epi8(c); }
/// 0xff where a byte lies in [from, from + width].
inline __m128i in_range(__m128i bytes, char from, char width) noexcept {
  const __m128i moved = _mm_sub_epi8(bytes, all(from));
  return _mm_cmpeq_epi8(_mm_min_epu8(moved, all(width)), moved);
}
inline __m128i letters_digits_dash(__m128i bytes) noexcept {
  const __m128i letters = in_range(_mm_or_si128(bytes, all(0x20)), 'a', 25);
  const __m128i digits = in_range(bytes, '0', 9);
  return _mm_or_si128(_mm_or_si128(letters, digits), _mm_cmpeq_epi8(bytes, all('-')));
}
inline unsigned mask_of(__m128i bytes) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(bytes));
}
/// Bytes no target has: below '!' or above '~' (signed compare), '"', '#', '<', '>'.
inline __m128i outside_target(__m128i bytes) noexcept {
  const __m128i edges = _mm_or_si128(_mm_cmplt_epi8(bytes, all(0x21)), _mm_cmpeq_epi8(bytes, all(0x7f)));
  const __m128i quote_hash = _mm_cmpeq_epi8(_mm_and_si128(bytes, all(static_cast<char>(0xfe))), all('"'));
  const __m128i angles = _mm_cmpeq_epi8(_mm_and_si128(bytes, all(static_cast<char>(0xfd))), all('<'));
  return _mm_or_si128(edges, _mm_or_si128(quote_hash, angles));
}
#endif

struct TokenRun {
  static constexpr CharClass chars = token_char;
  static constexpr bool exact = false;
#if defined(__SSE2__)
  static unsigned stops(__m128i bytes) noexcept { return 0xffffu ^ mask_of(letters_digits_dash(bytes)); }
#endif
};

struct HostRun {
  static constexpr CharClass chars = host_char;
  static constexpr bool exact = false;
#if defined(__SSE2__)
  static unsigned stops(__m128i bytes) noexcept {
    return 0xffffu ^ mask_of(_mm_or_si128(letters_digits_dash(bytes), _mm_cmpeq_epi8(bytes, all('.'))));
  }
#endif
};

struct ValueRun {
  static constexpr CharClass chars = value_char;
  static constexpr bool exact = true;
#if defined(__SSE2__)
  static unsigned stops(__m128i bytes) noexcept {
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, all(0x1f)), bytes);
    const __m128i but_tab = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, all('\t')), control);
    return mask_of(_mm_or_si128(but_tab, _mm_cmpeq_epi8(bytes, all(0x7f))));
  }
#endif
};

struct PathRun {
  static constexpr CharClass chars = path_char;
  static constexpr bool exact = true;
#if defined(__SSE2__)
  static unsigned stops(__m128i bytes) noexcept {
    const __m128i more = _mm_or_si128(_mm_cmpeq_epi8(bytes, all('?')), _mm_cmpeq_epi8(bytes, all('\\')));
    return mask_of(_mm_or_si128(outside_target(bytes), more));
  }
#endif
};

struct QueryRun {
  static constexpr CharClass chars = query_char;
  static constexpr bool exact = true;
#if defined(__SSE2__)
  static unsigned stops(__m128i bytes) noexcept { return mask_of(outside_target(bytes)); }
#endif
};

template <class Run>
inline const char* scan_bytes(const char* at, const char* end) noexcept {
  while (at != end && is(*at, Run::chars)) ++at;
  return at;
}

#if defined(__SSE2__)
/// First byte that may stop the run, or `end`. Reads only [begin, end): the last block overlaps bytes
/// before `at`, whose bits are shifted out.
template <class Run>
inline const char* scan_blocks(const char* at, const char* begin, const char* end) noexcept {
  while (end - at >= 16) {
    const unsigned stops = Run::stops(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
    if (stops != 0) return at + __builtin_ctz(stops);
    at += 16;
  }
  if (end - begin < 16) return scan_bytes<Run>(at, end);
  const char* const last = end - 16;
  const unsigned stops =
      Run::stops(_mm_loadu_si128(reinterpret_cast<const __m128i*>(last))) >> (at - last);
  return stops != 0 ? at + __builtin_ctz(stops) : end;
}
#endif

/// First byte in [at, end) at which the run may stop, or `end`: exact for exact runs, else maybe early.
/// `begin` <= `at` is the start of the readable bytes.
template <class Run>
inline const char* scan_fast(const char* at, [[maybe_unused]] const char* begin, const char* end) noexcept {
#if defined(__SSE2__)
  return scan_blocks<Run>(at, begin, end);
#else
  return scan_bytes<Run>(at, end);
#endif
}

/// First byte in [at, end) that is not of the run's class, or `end`.
template <class Run>
inline const char* scan(const char* at, const char* begin, const char* end) noexcept {
  at = scan_fast<Run>(at, begin, end);
  if constexpr (Run::exact) return at;
  return scan_bytes<Run>(at, end);
}

}  // namespace tandem::lbd::http1::detail
