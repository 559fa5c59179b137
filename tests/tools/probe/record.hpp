// What a probe remembers of each request. Every request has exactly one outcome; none is retried.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/support/clock.hpp"

namespace tandem::tools {

enum class Outcome : std::uint8_t {
  ok,
  refused,      // connect: connection refused
  unreachable,  // connect: no route, no neighbour
  reset,        // connection reset by the peer
  closed,       // closed before the reply was complete
  timeout,      // no complete reply within the deadline
  bad_status,   // a complete reply that is not 200
  bad_reply,    // not HTTP, or wrong framing
  local,        // this host ran out of ports or descriptors
  count
};

constexpr std::string_view name_of(Outcome outcome) {
  constexpr std::string_view names[] = {"ok",      "refused",    "unreachable", "reset", "closed",
                                        "timeout", "bad_status", "bad_reply",   "local"};
  return names[static_cast<std::size_t>(outcome)];
}

/// Which traffic a request belongs to.
enum class Stream : std::uint8_t { fresh, keepalive, sticky, count };

constexpr std::string_view name_of(Stream stream) {
  constexpr std::string_view names[] = {"new", "keepalive", "sticky"};
  return names[static_cast<std::size_t>(stream)];
}

struct Record {
  TimePoint intended;  // when the schedule wanted it sent; latency counts from here
  TimePoint sent;      // when it was really started
  TimePoint finished;
  Stream stream = Stream::fresh;
  Outcome outcome = Outcome::timeout;
  std::uint16_t status = 0;
  std::int16_t backend = -1;  // index into Measurement::backends
  std::int32_t client = -1;   // sticky client
  bool reused = false;        // sent over a connection that had carried a request before
};

/// Everything a run measured.
struct Measurement {
  TimePoint started;
  TimePoint ended;  // when the last request was due
  std::vector<Record> records;
  std::vector<std::string> backends;
  std::uint32_t sticky_clients = 0;
};

}  // namespace tandem::tools
