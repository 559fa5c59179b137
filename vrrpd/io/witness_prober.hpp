// One host that is asked regularly whether it is there: by ICMP echo, or by a TCP connection that it accepts.
//
// A refused connection is no answer: a firewall says that as well, for anybody.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"

namespace tandem::vrrp {

/// How a witness is asked.
struct ProbeRhythm {
  Duration interval;  // between two probes
  Duration timeout;   // of each; may be longer than the interval: then several are under way
};

class WitnessProber {
 public:
  /// Asks from now on, on the io thread. `on_result(true)`: a probe was answered in time. `on_result(false)`: one was not,
  /// and none after it was either, so the host was silent for a timeout at least. A stall of this process is nobody's
  /// silence. `witness.port` 0: ICMP echo, which needs CAP_NET_RAW. `on_result` must not destroy the prober.
  WitnessProber(boost::asio::io_context& io, const Endpoint& witness, ProbeRhythm rhythm,
                std::function<void(bool answered)> on_result);
  ~WitnessProber();
  WitnessProber(const WitnessProber&) = delete;
  WitnessProber& operator=(const WitnessProber&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::vrrp
