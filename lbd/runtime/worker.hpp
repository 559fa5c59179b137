// The data path as the control thread sees it: threads that run snapshots, take messages and count.
//
// Implemented by lbd/proxy. Life: construct, start(), post() …, stop() (joins). The control thread
// owns Worker objects; everything here is called on it, and only ControlSink::post is called on
// the worker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "common/config/model.hpp"
#include "lbd/runtime/access_record.hpp"
#include "lbd/runtime/counters.hpp"
#include "lbd/runtime/messages.hpp"

namespace tandem::lbd {

/// Where workers leave word for the control thread. post() is thread-safe, never blocks for long and
/// wakes the control thread (its implementation: a queue and an eventfd in lbd/control).
class ControlSink {
 public:
  virtual ~ControlSink() = default;
  virtual void post(ControlMessage message) = 0;
};

class Worker {
 public:
  /// `index` from 0; `sink` must outlive the worker. Where `engine` cannot be had, the worker uses epoll and says so.
  Worker(std::uint32_t index, ControlSink& sink, config::Engine engine);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts the thread with its first snapshot.
  void start(SnapshotPtr snapshot);
  /// Queues a message and wakes the worker.
  void post(WorkerMessage message);
  /// Ends the thread, closing whatever is still open.
  void stop();

  /// Counters; valid for the worker's life. nullptr: the worker has never had that object.
  [[nodiscard]] const WorkerCounters& counters() const;
  [[nodiscard]] const BackendCounters* backend_counters(BackendId id) const;
  [[nodiscard]] const ListenerCounters* listener_counters(ListenerId id) const;

  /// Moves out up to out.size() finished access records; returns how many. The control side's log
  /// writer thread is the only caller.
  std::size_t take_access_records(std::span<AccessRecord> out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::lbd
