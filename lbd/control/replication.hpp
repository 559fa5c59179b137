// What this lbd shares with the peer: sticky sources, cookie keys, overrides. One line to the local syncd for all.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/io/event_log.hpp"
#include "common/replica/replica_client.hpp"
#include "lbd/control/cookie_keys.hpp"
#include "lbd/control/live_config.hpp"
#include "lbd/control/overrides.hpp"
#include "lbd/control/sticky_sync.hpp"

namespace tandem::lbd {

/// Without a cluster it works the same, for this node alone. Control thread only.
class Replication {
 public:
  /// `on_caught_up` is called once: the replicated state is here, or syncd is not.
  Replication(boost::asio::io_context& io, LiveConfig& live, io::EventLog& events, bool clustered,
              std::function<void()> on_caught_up);

  /// Once `live` has its first configuration: loads the cluster key, gives the workers their first cookie keys and
  /// goes to syncd at `feed_socket`. `node` is one of the cluster's, if there is a cluster.
  [[nodiscard]] Result<> start(const std::string& feed_socket, const std::string& node);
  void stop();

  /// After each change of the live configuration.
  void configure();
  void learned(const StickyLearned& message) { sticky_.learned(message); }

  [[nodiscard]] Overrides& overrides() { return overrides_; }
  [[nodiscard]] bool connected() const { return client_ && client_->connected(); }
  /// Entries that were not understood, over all tables.
  [[nodiscard]] std::uint64_t ignored() const;
  /// Entries that did not fit in a table.
  [[nodiscard]] std::uint64_t refused() const { return client_ ? client_->refused() : 0; }

 private:
  Result<CookieKey> base_key() const;
  StickySync::Outputs sticky_outputs();
  CookieKeys::Outputs key_outputs();
  Overrides::Outputs override_outputs();
  void put(std::string_view table, const std::string& key, const std::string& value,
           std::optional<Duration> ttl = std::nullopt);
  void erase(std::string_view table, const std::string& key);
  replica::ReplicaClient::Handlers handlers();
  void on_entry(const wire::Entry& entry);
  void caught_up();
  void wait_for_syncd(Duration wait);

  boost::asio::io_context& io_;
  LiveConfig& live_;
  io::EventLog& events_;
  std::function<void()> on_caught_up_;
  bool clustered_;
  StickySync sticky_;
  Overrides overrides_;
  std::optional<CookieKeys> keys_;
  std::unique_ptr<replica::ReplicaClient> client_;  // with a cluster only
  boost::asio::steady_timer patience_;
  TimePoint started_;
  bool is_caught_up_ = false;
  std::uint64_t foreign_ = 0;  // entries of tables that are not lbd's
};

}  // namespace tandem::lbd
