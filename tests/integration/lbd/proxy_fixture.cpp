#include "tests/integration/lbd/proxy_fixture.hpp"

#include <array>
#include <thread>

#include "tests/support/engine.hpp"

namespace tandem::lbd {

void RecordingSink::post(ControlMessage message) {
  const std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
  arrived_.notify_all();
}

bool RecordingSink::wait_for(const std::function<bool(const ControlMessage&)>& matches,
                             std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, time, [&] {
    for (const ControlMessage& message : messages_) {
      if (matches(message)) return true;
    }
    return false;
  });
}

ProxyFixture::ProxyFixture(std::size_t backend_count, config::ListenerProtocol protocol) : front(1024, true, true) {
  SnapshotGroup group;
  group.id = group_id;
  group.config.name = "group";
  for (std::size_t i = 0; i < backend_count; ++i) {
    backends.push_back(std::make_unique<test::TcpListener>());
    SnapshotBackend backend;
    backend.id = backend_id(i);
    backend.config.name = "b" + std::to_string(i);
    backend.config.address = backends.back()->endpoint();
    backend.identity = 1000 + i;
    backend.availability.health = Availability::Health::up;
    group.config.backends.push_back(backend.config);
    group.backends.push_back(backend);
  }
  SnapshotListener listener;
  listener.id = listener_id;
  listener.config.name = "front";
  listener.config.protocol = protocol;
  listener.config.port = front.endpoint().port;
  listener.config.default_target_group = "group";
  listener.sockets = {front.fd()};
  snapshot.groups.push_back(std::move(group));
  snapshot.listeners.push_back(std::move(listener));
  snapshot.node = "node";
}

ProxyFixture::~ProxyFixture() {
  if (worker) worker->stop();
}

void ProxyFixture::start() {
  worker = std::make_unique<Worker>(0, sink, test::engine_under_test());
  worker->start(std::make_shared<const Snapshot>(snapshot));
  REQUIRE(eventually([&] { return worker->listener_counters(listener_id) != nullptr; }));
}

void ProxyFixture::set_availability(std::size_t backend, const Availability& availability) {
  worker->post(SetAvailability{backend_id(backend), availability});
}

std::uint64_t ProxyFixture::ends(SessionEnd end) const {
  return worker->counters().session_ends[static_cast<std::size_t>(end)].get();
}

bool ProxyFixture::eventually(const std::function<bool()>& condition, std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool ProxyFixture::eventually_ends(SessionEnd end, std::uint64_t count) const {
  const bool as_expected = eventually([&] { return ends(end) >= count; }) && ends(end) == count;
  if (!as_expected) {
    for (std::size_t i = 0; i < session_end_count; ++i) {
      const auto counted = worker->counters().session_ends[i].get();
      if (counted > 0) MESSAGE("session end ", std::string(info(static_cast<SessionEnd>(i)).name), ": ", counted);
    }
  }
  return as_expected;
}

const BackendCounters& ProxyFixture::backend_counters(std::size_t index) const {
  return *worker->backend_counters(backend_id(index));
}

const ListenerCounters& ProxyFixture::listener_counters() const { return *worker->listener_counters(listener_id); }

AccessRecord ProxyFixture::take_record() {
  std::array<AccessRecord, 1> record;
  REQUIRE(eventually([&] { return worker->take_access_records(record) == 1; }));
  return record[0];
}

}  // namespace tandem::lbd
