// Numbers of the replication format that encoder and decoder share (doc/protocols/sync.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::wire::format {

inline constexpr std::size_t length_bytes = 4;       // the length field before each frame
inline constexpr std::uint32_t magic = 0x5453594e;   // "TSYN", first in a hello
inline constexpr std::size_t max_reason_bytes = 1024;

enum class Type : std::uint8_t {
  hello = 1, entries = 2, ack = 3, digest = 4, digest_end = 5, repaired = 6, heartbeat = 7,
  puts = 8, put_results = 9, snapshot_end = 10, refusal = 11
};

inline constexpr std::uint8_t flag_deleted = 0x01;
inline constexpr std::uint8_t flag_expires = 0x02;

inline constexpr std::uint8_t result_stored = 0;
inline constexpr std::uint8_t result_refused = 1;

}  // namespace tandem::wire::format
