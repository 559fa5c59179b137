// The second voice: this node's vrrpd and its peer's tell each other over syncd how they are (vrrpd/core/heartbeat.hpp).
//
// Authenticated and encrypted by syncd's link, which falls back to the LAN by itself. Io thread only.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/replica/replica_client.hpp"
#include "vrrpd/core/heartbeat.hpp"

namespace tandem::vrrp {

class PeerLine {
 public:
  /// `self` and `peer`: names of the nodes. `on_news`: the peer said something that it had not said before.
  PeerLine(boost::asio::io_context& io, const std::string& run_dir, std::string self, std::string peer,
           std::function<void()> on_news);
  void start() { client_.start(); }

  /// Tells the peer; the next call is promised within `period` (1 ms .. 60 s).
  void publish(Sight sight, std::vector<HeartbeatAddress> addresses, Duration period);
  /// True if publish() would say something else than the last time.
  [[nodiscard]] bool is_news(Sight sight, const std::vector<HeartbeatAddress>& addresses) const;

  [[nodiscard]] const PeerHeartbeat& peer() const { return heard_; }

 private:
  void take(const wire::Entry& entry);

  std::string self_;
  std::string peer_;
  std::function<void()> on_news_;
  Heartbeat said_;
  Heartbeat last_;
  PeerHeartbeat heard_;
  bool understood_ = true;
  replica::ReplicaClient client_;
};

}  // namespace tandem::vrrp
