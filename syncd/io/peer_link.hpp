// The link to the other node's syncd: TCP, TLS 1.3 with the cluster key, and the PeerSession on top.
//
// The node whose name sorts first connects, the other listens. There are two paths: the dedicated sync addresses, and
// the LAN addresses when the first cannot be used; a link over the LAN returns to the sync addresses by itself.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/inet.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "common/crypto/crypto.hpp"
#include "syncd/core/replicator.hpp"

namespace tandem::sync {

struct LinkConfig {
  std::string cluster;
  config::NodeConfig self;
  config::NodeConfig peer;
  std::uint16_t port = 0;
  crypto::Key key{};

  [[nodiscard]] bool connects() const { return self.name < peer.name; }
  bool operator==(const LinkConfig&) const = default;
};

struct LinkStatus {
  bool connected = false;
  std::string address;  // of the peer, if connected
  bool fallback = false;  // over the LAN
  std::string last_end;   // why the last connection ended; empty: there was none
  std::uint64_t wrong_key = 0;           // handshakes that failed because the keys differ
  std::uint64_t handshakes_failed = 0;   // for any other reason
  std::uint64_t connects_failed = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

/// Used on the io thread only.
class PeerLink {
 public:
  struct Handlers {
    /// Input from the peer, or the link came up or went: others may have something to send now.
    std::function<void()> on_change;
    /// The peer was turned away, or turned us away; `cause` is a sentence. Not repeated within a minute.
    std::function<void(const std::string& cause)> on_refused;
  };

  PeerLink(boost::asio::io_context& io, Replicator& replicator, Handlers handlers);
  ~PeerLink();
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  /// Begins to connect or to listen. An address that is not there yet is tried again every second.
  Result<> start(const LinkConfig& config);
  /// Ends the link and everything that start() began; start() may be called again.
  void stop();
  /// Sends what the session has to say, and ends a link that has gone silent.
  void flush();

  [[nodiscard]] LinkStatus status() const;

  struct Impl;  // private to the .cpp files

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::sync
