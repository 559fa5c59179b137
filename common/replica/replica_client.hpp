// A daemon's line to its local syncd: puts replicated entries, and learns what others put.
//
// Connects to RUN-DIR/syncd-feed.sock and stays there: it reconnects after 10 ms, backing off to 200 ms.
// It keeps a bounded copy of everything replicated, with versions, so that a restarted syncd is
// re-fed from here; a put that syncd has not confirmed yet waits and is sent after a reconnect.
// The protocol is doc/protocols/sync.md; the decisions are in replica_copy.hpp.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/wire/replica.hpp"

namespace tandem::replica {

/// One per daemon. Everything, callbacks included, happens on the io_context's single thread.
class ReplicaClient {
 public:
  struct Handlers {
    /// Another client of this node, or the peer, changed this entry: its state now. `deleted` entries have no
    /// value. Never called for what this client itself put. Entries whose time runs out are not announced: each
    /// copy ends by itself after `remaining`. May call put() and erase().
    std::function<void(const wire::Entry& entry)> on_entry;
    /// The line to syncd came up or broke. Called at changes only.
    std::function<void(bool connected)> on_connected;
    /// All that syncd held when the line came up has been delivered through on_entry: once per connection.
    std::function<void()> on_in_sync;
  };

  /// `client_name` is for syncd's log and status (1..64 bytes). Handlers may be empty.
  /// With `only_table` it hears of that table alone.
  ReplicaClient(boost::asio::io_context& io, std::string feed_socket, std::string client_name, Handlers handlers,
                std::string only_table = {});
  ~ReplicaClient();
  ReplicaClient(const ReplicaClient&) = delete;
  ReplicaClient& operator=(const ReplicaClient&) = delete;

  void start();
  /// Ends the line at once and keeps the copy. No callback comes afterwards.
  void stop();

  /// Sets table/key to `value`; without `ttl` it stays until erased. Last write wins; several puts of one key between
  /// two turns of the loop are sent as one. Works while disconnected. Returns false, and counts, if the sizes are out
  /// of bounds (table 1..64, key 1..512, value 0..4096 bytes) or the copy is full (1,000,000 entries a table).
  bool put(std::string_view table, std::string_view key, std::string_view value,
           std::optional<Duration> ttl = std::nullopt);
  /// Deletes table/key on both nodes. Not an error if there is none.
  void erase(std::string_view table, std::string_view key);

  /// Entries in the copy, over all tables; deleted and expired ones do not count.
  [[nodiscard]] std::size_t entries() const;
  /// Puts and erasures that syncd has not confirmed.
  [[nodiscard]] std::size_t unconfirmed() const;
  /// Puts refused here or by syncd since the start.
  [[nodiscard]] std::size_t refused() const;
  [[nodiscard]] bool connected() const;
  /// True once the snapshot of syncd's state has been received since the line came up.
  [[nodiscard]] bool caught_up() const;

  struct Impl;  // private to the .cpp

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace tandem::replica
