// What a probe is asked to do, as a value.
#pragma once

#include <cstdint>
#include <string>

#include "tests/tools/support/net.hpp"

namespace tandem::tools {

struct Plan {
  Address target;
  Address bind;               // length 0: any
  std::string host;           // of the Host field
  std::string path = "/";
  std::string cookie_name = "TANDEM";
  bool tcp = false;           // TCP echo instead of HTTP
  double new_rate = 0;        // requests per second over a connection of their own
  double keepalive_rate = 0;  // over the pool of kept connections
  std::uint32_t connections = 20;  // size of that pool; more are opened when all are busy
  double sticky_rate = 0;     // over connections of their own, by sticky clients in turn
  std::uint32_t sticky_clients = 0;
  Address sticky_source;      // length 0: clients keep cookies; else client i binds to address + i
  Duration duration{};
  Duration deadline{};        // of one request, from its intended time
};

}  // namespace tandem::tools
