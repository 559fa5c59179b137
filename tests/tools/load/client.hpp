// The closed-loop load of benchmarks: a fixed number of requests over a fixed number of connections.
#pragma once

#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/support/net.hpp"

namespace tandem::tools {

struct LoadPlan {
  Address target;
  std::uint32_t connections = 64;
  std::uint64_t requests = 100'000;
  double rate = 0;                // requests per second of all connections together; 0: as fast as it goes
  std::uint32_t pipeline = 1;     // requests sent at once on a connection
  bool close = false;             // a new connection for every request
  bool tcp = false;               // echo of `message` instead of HTTP
  std::string upgrade;            // if given: sent first, and after 101 `message` is echoed
  bool tls = false;
  bool resume = false;            // TLS: every connection takes up a session, or counts as an error
  std::string message;            // the request, or what is echoed
  int status = 200;               // expected
  std::uint64_t body_bytes = 0;   // expected, and filled with the alphabet over and over
  bool hold = false;              // after one request per connection, keep all open until `stop`
};

struct LoadResult {
  std::uint64_t completed = 0;               // correct replies
  std::map<std::string, std::uint64_t> errors;
  std::uint64_t opened = 0;                  // connections
  double seconds = 0;
  double p50_us = 0, p99_us = 0;             // from a request's sending to its last byte
};

/// Runs the plan. `announce` is called once every connection is idle and held (plan.hold only).
LoadResult run_load(const LoadPlan& plan, const volatile std::sig_atomic_t& stop, void (*announce)());

}  // namespace tandem::tools
