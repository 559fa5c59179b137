// A worker: its thread, the messages it takes and the housekeeping of its connections.
#include "lbd/runtime/worker.hpp"

#include <pthread.h>
#include <sys/random.h>
#include <time.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/base/assert.hpp"
#include "lbd/engine/mailbox.hpp"
#include "lbd/proxy/client_session.hpp"
#include "lbd/proxy/objects.hpp"
#include "lbd/proxy/worker_context.hpp"

namespace tandem::lbd {

namespace {

struct Stop {};
using InternalMessage = std::variant<WorkerMessage, Stop>;

constexpr std::size_t access_ring_capacity = 4096;
constexpr Duration housekeeping_interval = std::chrono::seconds(1);
constexpr Duration drain_check_interval = std::chrono::milliseconds(10);
// Idle connections to backends are closed after this; most servers keep theirs for longer.
constexpr Duration backend_keep_alive = std::chrono::seconds(30);

std::int64_t unix_now() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec;
}

/// What lives on the worker's thread, from its start to its end.
class Runtime final : private Timer {
 public:
  Runtime(WorkerContext& context, BackendCounterStore& backend_counters, ListenerCounterStore& listener_counters)
      : context_(context), objects_(context, backend_counters, listener_counters) {}
  virtual ~Runtime() = default;

  void run(const Snapshot& snapshot, config::Engine engine) {
    choose_engine(engine);
    objects_.apply(snapshot);
    on_expired();
    context_.loop.run();
    context_.sessions.for_each([](ClientSession& session) { session.waiter.cancel(); });
  }

  void take(InternalMessage message) {
    if (std::holds_alternative<Stop>(message)) return context_.loop.stop();
    auto& worker_message = std::get<WorkerMessage>(message);
    std::visit([this](auto& value) { handle(value); }, worker_message);
  }

 private:
  void choose_engine(config::Engine engine) {
    EngineInUse in_use{context_.index, false, {}};
    if (engine != config::Engine::epoll) {
      in_use.io_uring = context_.loop.use_io_uring(engine == config::Engine::automatic, in_use.refusal);
    }
    context_.sink.post(std::move(in_use));
  }
  void handle(const ApplySnapshot& message) {
    objects_.apply(*message.snapshot);
    context_.sink.post(SnapshotApplied{context_.index, message.snapshot->generation});
  }
  void handle(const SetAvailability& message) {
    objects_.set_availability(message.backend, message.availability);
  }
  void handle(const SetCookieKeys& message) { context_.cookie_keys.set(message); }
  void handle(const StickyBinding& message) { objects_.learn(message); }
  void handle(const Drain& message) {
    drain_deadline_ = message.deadline;
    context_.draining = true;
    objects_.accept_waiting();
    context_.close_idle_clients();
    context_.loop.timers().arm(*this, context_.loop.now() + drain_check_interval);
  }

  void handle(const Ping& message) { context_.sink.post(Pong{context_.index, message.round}); }

  void on_expired() override {
    const TimePoint now = context_.loop.now();
    context_.unix_seconds = unix_now();
    objects_.close_idle_since(now - backend_keep_alive);
    if (drain_deadline_) check_drained(now);
    const bool draining = drain_deadline_ && !drained_;
    context_.loop.timers().arm(*this, now + (draining ? drain_check_interval : housekeeping_interval));
  }

  void check_drained(TimePoint now) {
    if (drained_) return;
    // Connections that came meanwhile and do not ask for anything.
    context_.make_room(UINT32_MAX);
    if (now >= *drain_deadline_) {
      context_.sessions.for_each([](ClientSession& session) { session.waiter.cancel(); });
    }
    if (context_.session_count > 0) return;
    drained_ = true;
    context_.sink.post(Drained{context_.index});
  }

  WorkerContext& context_;
  Objects objects_;
  std::optional<TimePoint> drain_deadline_;
  bool drained_ = false;
};

/// Unpredictable, because it keys the hashes of tables that clients fill.
std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  const ssize_t got = ::getrandom(&seed, sizeof seed, 0);
  TANDEM_ASSERT(got == sizeof seed);
  return seed;
}

}  // namespace

struct Worker::Impl {
  Impl(std::uint32_t index, ControlSink& sink, config::Engine wanted_engine)
      : engine(wanted_engine), ring(access_ring_capacity), context(index, sink, counters, ring, random_seed()),
        mailbox(context.loop, [this](InternalMessage message) { runtime->take(std::move(message)); }) {}

  void run(const SnapshotPtr& snapshot) {
    ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(context.index)).c_str());
    runtime.emplace(context, backend_counters, listener_counters);
    runtime->run(*snapshot, engine);
    runtime.reset();
    context.loop.stop_io_uring();
    frame_pool_release();
  }

  const config::Engine engine;
  WorkerCounters counters;
  BackendCounterStore backend_counters;
  ListenerCounterStore listener_counters;
  Ring<AccessRecord> ring;
  WorkerContext context;
  std::optional<Runtime> runtime;  // made and destroyed on the worker's thread
  Mailbox<InternalMessage> mailbox;
  std::thread thread;
};

Worker::Worker(std::uint32_t index, ControlSink& sink, config::Engine engine)
    : impl_(std::make_unique<Impl>(index, sink, engine)) {}

Worker::~Worker() { stop(); }

void Worker::start(SnapshotPtr snapshot) {
  impl_->thread = std::thread([impl = impl_.get(), first = std::move(snapshot)] { impl->run(first); });
}

void Worker::post(WorkerMessage message) { impl_->mailbox.post(std::move(message)); }

void Worker::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->mailbox.post(Stop{});
  impl_->thread.join();
}

const WorkerCounters& Worker::counters() const { return impl_->counters; }

const BackendCounters* Worker::backend_counters(BackendId id) const { return impl_->backend_counters.find(id); }

const ListenerCounters* Worker::listener_counters(ListenerId id) const { return impl_->listener_counters.find(id); }

std::size_t Worker::take_access_records(std::span<AccessRecord> out) { return impl_->ring.pop(out); }

}  // namespace tandem::lbd
