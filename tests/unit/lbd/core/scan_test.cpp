// The block scanners against the table, byte by byte.
#include "lbd/core/http1/scan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "lbd/core/rng.hpp"

using namespace tandem::lbd;
using namespace tandem::lbd::http1::detail;

namespace {

template <class Run>
void compare_with_table(char filler) {
  // Each byte at each place, in texts around the block size, in exactly sized memory.
  for (const std::size_t size : {1u, 7u, 15u, 16u, 17u, 31u, 32u, 40u}) {
    for (std::size_t from = 0; from < size; ++from) {
      for (std::size_t at = from; at < size; at += 3) {
        for (unsigned byte = 0; byte < 256; ++byte) {
          const std::unique_ptr<char[]> text(new char[size]);
          std::fill_n(text.get(), size, filler);
          if (from > 0) text[from - 1] = '\0';  // what lies before must not matter
          text[at] = static_cast<char>(byte);
          const char* const end = text.get() + size;
          const char* const found = scan<Run>(text.get() + from, text.get(), end);
          const char* const wanted = scan_bytes<Run>(text.get() + from, end);
          if (found != wanted) {
            CAPTURE(size);
            CAPTURE(from);
            CAPTURE(at);
            CAPTURE(byte);
            REQUIRE(found - text.get() == wanted - text.get());
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("blocks and table agree") {
  compare_with_table<TokenRun>('a');
  compare_with_table<TokenRun>('_');
  compare_with_table<HostRun>('a');
  compare_with_table<ValueRun>(' ');
  compare_with_table<ValueRun>('\xe9');
  compare_with_table<PathRun>('/');
  compare_with_table<QueryRun>('=');
}
