#include "lbd/proxy/backend.hpp"

#include <utility>

namespace tandem::lbd {

BackendConnection::BackendConnection(Loop& loop, Backend& backend) noexcept
    : socket(loop), backend_(&backend) {
  ++backend.open_;
}

BackendConnection::~BackendConnection() { --backend_->open_; }

void BackendConnection::wake() { backend_->drop(*this); }

Backend::Backend(SnapshotBackend snapshot, BackendCounters& counters, std::uint32_t workers)
    : counters_(counters) {
  update(std::move(snapshot), workers);
}

void Backend::update(SnapshotBackend snapshot, std::uint32_t workers) {
  const bool moved = snapshot.config.address != snapshot_.config.address;
  snapshot_ = std::move(snapshot);
  // Rounded up, so that a small limit does not become none.
  share_ = (snapshot_.config.max_connections + workers - 1) / workers;
  if (moved) close_idle(UINT32_MAX);
  set_availability(snapshot_.availability);
}

void Backend::set_availability(const Availability& availability) {
  snapshot_.availability = availability;
  if (!availability.takes_bound()) close_idle(UINT32_MAX);
}

void Backend::retire() {
  retired_ = true;
  close_idle(UINT32_MAX);
}

BackendConnection* Backend::take_idle() noexcept {
  if (idle_count_ == 0) return nullptr;
  BackendConnection& connection = idle_.front();
  connection.unlink();
  connection.socket.disarm();
  --idle_count_;
  counters_.idle_connections.subtract();
  return &connection;
}

bool Backend::keep(BackendConnection* connection, TimePoint now) noexcept {
  Socket& socket = connection->socket;
  bool silent = true;
  if (socket.is(readable) && !socket.is(peer_closed | broken)) {
    // The last read filled its buffer, so nothing is known: look.
    std::byte unexpected;
    silent = socket.try_recv({&unexpected, 1}).status != IoStatus::ok;
  }
  const bool usable = silent && !socket.is(readable | peer_closed | broken);
  if (!usable || retired_ || !availability().takes_bound() || idle_count_ >= max_idle) {
    delete connection;
    return silent;
  }
  connection->reused = true;
  connection->idle_since_ = now;
  socket.arm(*connection, readable | peer_closed | broken);
  idle_.push_front(*connection);
  ++idle_count_;
  counters_.idle_connections.add();
  return true;
}

bool Backend::should_report_failure(TimePoint now) noexcept {
  if (now < next_report_) return false;
  next_report_ = now + std::chrono::seconds(1);
  return true;
}

void Backend::drop(BackendConnection& connection) noexcept {
  connection.unlink();
  --idle_count_;
  counters_.idle_connections.subtract();
  delete &connection;
}

void Backend::close_idle_since(TimePoint oldest) noexcept {
  while (idle_count_ > 0 && idle_.back().idle_since_ < oldest) drop(idle_.back());
}

std::uint32_t Backend::close_idle(std::uint32_t at_most) noexcept {
  std::uint32_t closed = 0;
  for (; idle_count_ > 0 && closed < at_most; ++closed) drop(idle_.back());
  return closed;
}

}  // namespace tandem::lbd
