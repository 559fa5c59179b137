// One health check of one backend over the network: connect, and for HTTP one GET.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "common/config/model.hpp"

namespace tandem::lbd {

struct ProbeReport {
  enum class Outcome : std::uint8_t {
    passed,
    failed,
    inconclusive,  // this host could not even ask (no descriptors, no memory): says nothing about the backend
  };
  Outcome outcome = Outcome::failed;
  std::string reason;  // a phrase: "HTTP 200", "connection refused", "no reply within 1000 ms"
  Duration took{};
};

/// Probes `backend` by `check` (type tcp or http), within check.timeout in all. Never throws. Connections
/// are closed in good order: a reset would save a TIME_WAIT, and fill the logs of many a backend.
boost::asio::awaitable<ProbeReport> probe(boost::asio::any_io_executor executor, Endpoint backend,
                                          config::HealthCheckConfig check);

}  // namespace tandem::lbd
