// What the control thread and the workers tell each other. Values only; nothing is shared but
// immutable snapshots and the counters of lbd/runtime/counters.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "lbd/runtime/ids.hpp"
#include "lbd/runtime/snapshot.hpp"

namespace tandem::lbd {

// ---- control thread to a worker (Worker::post, any number, in order) -----------------------------

/// Run by this snapshot from now on. Objects whose id stays keep their connections and counters;
/// sessions of removed listeners and backends finish what they are doing.
struct ApplySnapshot { SnapshotPtr snapshot; };

/// Health, drain or weight of one backend changed.
struct SetAvailability { BackendId backend; Availability availability; };

/// Keys that open sticky cookies; the first one seals new ones.
struct CookieKey { std::uint32_t id = 0; std::array<std::uint8_t, 32> key{}; };
struct SetCookieKeys { std::vector<CookieKey> keys; };

/// A source is bound to a backend (by another worker or by the peer); ttl 0: the binding is gone.
struct StickyBinding {
  GroupId group{};
  IpAddress source;
  std::uint64_t backend_identity = 0;
  Duration ttl{};
};

/// Stop: accept nothing new, close idle connections, let requests finish until `deadline`.
struct Drain { TimePoint deadline; };

/// Answer with a Pong of the same round: proof that the worker's loop turns.
struct Ping { std::uint64_t round = 0; };

using WorkerMessage = std::variant<ApplySnapshot, SetAvailability, SetCookieKeys, StickyBinding, Drain, Ping>;

// ---- a worker to the control thread (ControlSink::post, from the worker's thread) ------------------

/// This worker bound or refreshed a source: tell the other workers and the peer.
struct StickyLearned { std::uint32_t worker = 0; StickyBinding binding; };

/// Traffic itself failed on a backend (connect refused, reset): a hint to probe it now.
struct BackendFailed { BackendId backend; };

/// All connections of the worker are closed after Drain.
struct Drained { std::uint32_t worker = 0; };

/// This worker runs the snapshot with that generation now and touches no listening socket that is not in it:
/// posted once for each ApplySnapshot. The control thread closes sockets of removed listeners only then.
struct SnapshotApplied { std::uint32_t worker = 0; std::uint64_t generation = 0; };

struct Pong { std::uint32_t worker = 0; std::uint64_t round = 0; };

/// Posted once, at the worker's start: what it talks to the kernel with. `refusal`: why it is not io_uring although
/// that was tried; a sentence for the operator.
struct EngineInUse { std::uint32_t worker = 0; bool io_uring = false; std::string refusal; };

using ControlMessage = std::variant<StickyLearned, BackendFailed, Drained, SnapshotApplied, Pong, EngineInUse>;

}  // namespace tandem::lbd
