// What a daemon keeps of the replicated state, and its side of the local feed: the decisions behind ReplicaClient.
//
// Pure. Two kinds of state:
//   - the copy: entries with versions, as syncd sent them or confirmed them. After each hello it is fed back to
//     syncd, which may have been restarted with nothing.
//   - pending writes: one per key, the latest. They have no version until syncd answers; they win over whatever the
//     copy holds, are sent again after a reconnect, and carry the version that they replace, so that syncd gives
//     them a newer one even if it knows nothing.
// One connection: hello → hello of syncd → the copy, then pending and new writes → results; meanwhile the other way
// entries, with one snapshot_end when everything has been sent once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/replica/store.hpp"
#include "common/wire/replica.hpp"

namespace tandem::replica {

class ReplicaCopy {
 public:
  /// `boot` differs at each start of the daemon. `only_table`: syncd tells of no other; empty: of all.
  ReplicaCopy(std::string client_name, std::uint64_t boot, StoreLimits limits = default_limits(),
              std::string only_table = {});
  static StoreLimits default_limits();

  /// False, and counted, if out of bounds or full.
  bool put(std::string_view table, std::string_view key, std::string_view value, std::optional<Duration> ttl,
           TimePoint now);
  /// False, and counted, if out of bounds or full.
  bool erase(std::string_view table, std::string_view key, TimePoint now);

  /// A connection to syncd begins or has ended.
  void connected();
  void disconnected();
  /// Takes one message; entries that somebody else changed are appended to `changes`. After an error (a sentence)
  /// the connection must be closed.
  Result<> receive(const wire::Message& message, TimePoint now, std::vector<wire::Entry>& changes);
  /// Appends frames to send to `out`, stopping once it has grown by about `budget` bytes. Nothing means that there is
  /// nothing to send until the next put() or receive().
  void produce(std::vector<std::uint8_t>& out, std::size_t budget, TimePoint now);
  /// Ends entries whose time is up; call about every 100 ms.
  void expire(TimePoint now);

  [[nodiscard]] bool caught_up() const { return line_.caught_up; }
  [[nodiscard]] std::size_t entries() const;
  [[nodiscard]] std::size_t unconfirmed() const { return pending_.size(); }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  /// The value of table/key as this client sees it now; nullopt if there is none.
  [[nodiscard]] std::optional<std::string> value(std::string_view table, std::string_view key, TimePoint now) const;

 private:
  using Key = std::pair<std::string, std::string>;  // table, key
  struct Write {
    wire::Entry entry;  // version: of what it replaces, known when it is sent
    TimePoint deadline = TimePoint::max();
    std::uint64_t number = 0;
  };
  /// State of one connection.
  struct Line {
    bool up = false;
    bool hello_sent = false;
    bool welcomed = false;          // syncd's hello has come
    bool caught_up = false;
    std::string node;               // of syncd: it names the versions in its results
    std::uint64_t fed = 0;          // the copy has been fed up to this change
    std::uint64_t feed_end = 0;
    std::uint64_t feed_number = 0;  // of the last Entries frame
  };

  bool write(wire::Entry entry, std::optional<Duration> ttl, TimePoint now);
  Result<> welcome(const wire::Hello& hello);
  void merge(const wire::Entries& list, TimePoint now, std::vector<wire::Entry>& changes);
  Result<> settle(const wire::PutResults& list, TimePoint now, std::vector<wire::Entry>& changes);
  void settle_one(const Write& sent, const wire::PutResult& result, TimePoint now, std::vector<wire::Entry>& changes);
  bool produce_copy(std::vector<std::uint8_t>& out, TimePoint now);
  bool produce_writes(std::vector<std::uint8_t>& out, TimePoint now);

  std::string name_;
  std::string only_table_;
  std::uint64_t boot_;
  StoreLimits limits_;
  Store copy_;
  std::map<Key, Write> pending_;
  std::map<std::uint64_t, const Key*> unsent_;  // by number; keys live in pending_
  std::deque<Write> in_flight_;                 // sent on this connection, oldest first, without an answer yet
  std::uint64_t last_number_ = 0;
  std::size_t refused_ = 0;
  Line line_;
};

}  // namespace tandem::replica
