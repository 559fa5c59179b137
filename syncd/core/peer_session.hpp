// The session with the other node's syncd, over any number of connections.
//
// Pure: messages and times in, bytes and states out. On one connection:
//
//   connecting ── hello both ways ──▶ repairing ── repaired both ways ──▶ in_sync
//        ▲                                │                                  │
//        └──────────── lost() ◀───────────┴──────────────────────────────────┘   (then: down)
//
//   1. Both send hello. A wrong cluster, node or protocol ends the connection with a Refusal.
//   2. Both send the digest of all their tables (round 1), and from then on every change, latest state per key.
//   3. Each compares the other's digest with its own store and sends all its entries of the buckets that differ, then
//      Repaired. Merging sorts out who is newer.
//   4. In sync: the other's Repaired has come, and all that we sent until ours is acknowledged.
//   5. Every digest_interval both send a new round. A bucket that differs in two rounds running (once may be a change
//      on its way) is counted and sent again.
// Changes go out before repairs, so a big repair does not delay them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "syncd/core/shared.hpp"

namespace tandem::sync {

enum class PeerState : std::uint8_t { down, connecting, repairing, in_sync };

/// Since the start of this syncd.
struct PeerCounters {
  std::uint64_t connections = 0;           // hellos accepted
  std::uint64_t resyncs = 0;               // times that in_sync was reached
  std::uint64_t entries_sent = 0;
  std::uint64_t entries_received = 0;
  std::uint64_t entries_applied = 0;       // received and newer than ours
  std::uint64_t entries_refused = 0;       // received, but the table is full
  std::uint64_t entries_repaired = 0;      // sent because a bucket differed
  std::uint64_t buckets_mismatched = 0;    // found by the periodic rounds, where there should be none
};

class PeerSession {
 public:
  explicit PeerSession(Shared& shared) : shared_(shared) {}

  /// Entries with this origin came from the peer.
  static constexpr replica::Origin origin = 1;

  /// An authenticated connection begins; a former one must have been lost() before.
  void connected(TimePoint now);
  void lost();
  /// Takes one message. After an error (a sentence) call produce() once more, send it, close, and call lost().
  Result<> receive(const wire::Message& message, TimePoint now);
  /// Appends frames to send, stopping once `out` has grown by about `budget` bytes; nothing: nothing to send now.
  void produce(std::vector<std::uint8_t>& out, std::size_t budget, TimePoint now);

  /// When produce() or dead() has to be asked again, if nothing else happens; max() when down.
  [[nodiscard]] TimePoint deadline() const;
  /// True if the peer has been silent for too long: close and call lost().
  [[nodiscard]] bool dead(TimePoint now) const;

  [[nodiscard]] PeerState state() const { return state_; }
  /// When the state was entered, and when the peer was heard last after an accepted hello; zero if never.
  [[nodiscard]] TimePoint since() const { return since_; }
  [[nodiscard]] TimePoint last_heard() const { return last_heard_; }
  [[nodiscard]] const PeerCounters& counters() const { return counters_; }

 private:
  using BucketId = std::pair<std::string, std::size_t>;  // table, bucket

  struct SentFrame {
    std::uint64_t number;
    std::uint64_t covers;  // acknowledged, the peer has all changes up to here (given the repair)
  };

  /// State of one connection.
  struct Link {
    bool hello_sent = false;
    std::string refusal;                   // to be sent
    // Ours to them.
    std::uint64_t told = 0;                // changes up to here have been sent or need not be
    std::uint64_t covered = 0;             // changes up to here are at the peer, but for what the repair brings
    std::uint64_t sent_number = 0;         // of the last Entries frame
    std::uint64_t acked_number = 0;
    std::deque<SentFrame> in_flight;
    std::deque<BucketId> repair;           // buckets still to be sent
    std::uint32_t repair_round = 0;        // the peer's round that they answer; 0: none
    std::uint64_t repair_end = 0;          // the last frame of the answer to round 1
    bool repair_sent = false;              // ... has been sent
    // Theirs to us.
    std::uint64_t received_number = 0;
    bool ack_due = false;
    bool repaired_by_peer = false;
    std::uint32_t digest_round = 0;        // ours, last sent
    std::map<std::string, std::vector<std::uint64_t>> peer_sums;  // of the round that is arriving
    std::set<BucketId> suspects;           // differed in the last round
    std::uint64_t heartbeats = 0;
    TimePoint alive_at;                    // the last byte, whatever it was
    TimePoint next_heartbeat;
    TimePoint next_digest = TimePoint::max();
  };

  Result<> refuse(std::string reason);
  Result<> welcome(const wire::Hello& hello, TimePoint now);
  Result<> take_entries(const wire::Entries& list, TimePoint now);
  Result<> take_ack(const wire::Ack& ack, TimePoint now);
  Result<> take_digest(const wire::Digest& digest);
  void answer_digest(std::uint32_t round);
  std::set<BucketId> differing_buckets() const;
  void check_in_sync(TimePoint now);
  void enter(PeerState state, TimePoint now);
  void note_acknowledged();

  void produce_hello(std::vector<std::uint8_t>& out);
  void produce_due(std::vector<std::uint8_t>& out, TimePoint now);
  void produce_digests(std::vector<std::uint8_t>& out);
  bool produce_changes(std::vector<std::uint8_t>& out, TimePoint now);
  bool produce_repair(std::vector<std::uint8_t>& out, TimePoint now);
  void note_sent(std::uint64_t entries);

  Shared& shared_;
  PeerState state_ = PeerState::down;
  TimePoint since_;
  TimePoint last_heard_;
  std::uint64_t peer_boot_ = 0;  // of the last connection; 0: none
  PeerCounters counters_;
  Link link_;
};

}  // namespace tandem::sync
