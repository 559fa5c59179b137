// One line of the access log, as the worker hands it over: fixed size, no allocation.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "lbd/core/session_end.hpp"
#include "lbd/runtime/ids.hpp"

namespace tandem::lbd {

/// A prefix of a text, cut to what fits.
template <std::size_t Capacity>
struct CutText {
  std::uint16_t size = 0;   // bytes held
  bool cut = false;         // true if the original was longer
  std::array<char, Capacity> data;
};

/// Written by a worker into its ring (lbd/runtime/ring.hpp), formatted as JSON by the one writer.
struct AccessRecord {
  TimePoint started;               // first byte of the request (or the TCP connection)
  Duration head{};                 // first byte to complete request head
  Duration queue_and_connect{};    // to a usable backend connection
  Duration first_byte{};           // to the first byte of the reply
  Duration total{};                // to the last byte of the reply
  ListenerId listener{};
  BackendId backend{};
  bool has_backend = false;
  bool reused_backend_connection = false;
  bool sticky = false;
  std::uint8_t retries = 0;
  std::uint16_t status = 0;        // 0: TCP, or no reply was sent
  SessionEnd end{};
  Endpoint client;
  std::uint64_t bytes_received = 0;  // from the client
  std::uint64_t bytes_sent = 0;      // to the client
  CutText<16> method;
  CutText<256> target;
  CutText<64> host;
};

}  // namespace tandem::lbd
