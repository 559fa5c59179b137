#include "common/replica/replica_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/io/clock.hpp"
#include "common/io/spawn.hpp"
#include "common/io/unix_socket.hpp"
#include "common/log/log.hpp"
#include "common/replica/replica_copy.hpp"

namespace tandem::replica {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr Duration first_pause = std::chrono::milliseconds(10);
constexpr Duration longest_pause = std::chrono::milliseconds(200);
constexpr Duration expire_interval = std::chrono::milliseconds(100);
constexpr std::size_t write_budget = 64 * 1024;

/// Differs at each start, which is all that is asked of it.
std::uint64_t boot_number() { return static_cast<std::uint64_t>(io::now().time_since_epoch().count()); }

}  // namespace

struct ReplicaClient::Impl {
  /// One connection. Its operations hold a share, so that none of them meets its successor's socket.
  struct Line {
    explicit Line(Socket connected) : socket(std::move(connected)) {}
    Socket socket;
    std::vector<std::uint8_t> outgoing;
    bool writing = false;
  };

  Impl(asio::io_context& context, std::string path, std::string name, Handlers callbacks, std::string only_table)
      : io(context), feed_socket(std::move(path)), handlers(std::move(callbacks)),
        copy(std::move(name), boot_number(), ReplicaCopy::default_limits(), std::move(only_table)), pause(context), expiry(context) {}

  asio::io_context& io;
  std::string feed_socket;
  Handlers handlers;
  ReplicaCopy copy;
  asio::steady_timer pause;
  asio::steady_timer expiry;
  std::shared_ptr<Line> line;  // null: not connected
  unsigned run = 0;            // of start(): a coroutine of an earlier one sees that it is no longer current
  bool running = false;
  bool announced_in_sync = false;
  bool flush_posted = false;
};

namespace {

using ImplPtr = std::shared_ptr<ReplicaClient::Impl>;
using LinePtr = std::shared_ptr<ReplicaClient::Impl::Line>;

void flush(const ImplPtr& self);

bool current(const ImplPtr& self, unsigned run) { return self->running && self->run == run; }

asio::awaitable<void> write_out(ImplPtr self, LinePtr line) {
  const auto written = co_await asio::async_write(line->socket, asio::buffer(line->outgoing), as_result);
  line->writing = false;
  // A failed write shows up at the reader as well, which ends the line.
  if (!std::get<0>(written) && self->line == line) flush(self);
}

void flush(const ImplPtr& self) {
  if (!self->line || self->line->writing) return;
  self->line->outgoing.clear();
  self->copy.produce(self->line->outgoing, write_budget, io::now());
  if (self->line->outgoing.empty()) return;
  self->line->writing = true;
  io::spawn(self->io, "writer of " + self->feed_socket, write_out(self, self->line));
}

/// Writes of one turn of the loop go out together, the latest of each key.
void flush_soon(const ImplPtr& self) {
  if (self->flush_posted) return;
  self->flush_posted = true;
  asio::post(self->io, [self] {
    self->flush_posted = false;
    flush(self);
  });
}

void announce(const ImplPtr& self, const std::vector<wire::Entry>& changes, unsigned run) {
  for (const wire::Entry& entry : changes) {
    if (self->handlers.on_entry) self->handlers.on_entry(entry);
    if (!current(self, run)) return;
  }
  if (self->copy.caught_up() && !self->announced_in_sync) {
    self->announced_in_sync = true;
    if (self->handlers.on_in_sync) self->handlers.on_in_sync();
  }
}

/// Takes what arrived; the sentence, if the line must end.
Result<> take(const ImplPtr& self, wire::Decoder& decoder, unsigned run) {
  std::vector<wire::Entry> changes;
  Result<> verdict;
  while (verdict) {
    const auto message = decoder.next();
    if (!message) break;
    verdict = self->copy.receive(*message, io::now(), changes);
  }
  if (verdict && decoder.error() != wire::DecodeError::none) {
    verdict = Error{"syncd sent garbage: " + std::string(wire::to_text(decoder.error()))};
  }
  announce(self, changes, run);
  return verdict;
}

asio::awaitable<void> read_until_lost(ImplPtr self, LinePtr line, unsigned run) {
  wire::Decoder decoder;
  std::array<std::uint8_t, 64 * 1024> chunk;
  while (true) {
    const auto read = co_await line->socket.async_read_some(asio::buffer(chunk), as_result);
    if (!current(self, run) || std::get<0>(read)) co_return;
    decoder.append(std::span(chunk).first(std::get<1>(read)));
    const Result<> verdict = take(self, decoder, run);
    if (!current(self, run)) co_return;
    if (!verdict) {
      log::error("{}: {}; reconnecting", self->feed_socket, verdict.error().message);
      co_return;
    }
    flush(self);
  }
}

void line_up(const ImplPtr& self, io::UniqueFd fd) {
  self->line = std::make_shared<ReplicaClient::Impl::Line>(
      Socket(self->io, asio::local::stream_protocol(), fd.release()));
  self->announced_in_sync = false;
  self->copy.connected();
}

void line_down(const ImplPtr& self) {
  if (!self->line) return;
  boost::system::error_code ignored;
  self->line->socket.close(ignored);
  self->line.reset();
  self->copy.disconnected();
}

asio::awaitable<void> keep_line(ImplPtr self, unsigned run) {
  Duration wait = first_pause;
  while (current(self, run)) {
    auto connection = io::connect_unix_socket(self->feed_socket);
    if (connection.error == 0) {
      line_up(self, std::move(connection.fd));
      if (self->handlers.on_connected) self->handlers.on_connected(true);
      if (!current(self, run)) co_return;
      flush(self);
      co_await read_until_lost(self, self->line, run);
      if (!current(self, run)) co_return;
      // A line that syncd never answered counts as a failed attempt: it may be refusing us.
      if (self->copy.caught_up()) wait = first_pause;
      line_down(self);
      if (self->handlers.on_connected) self->handlers.on_connected(false);
      if (!current(self, run)) co_return;
    }
    self->pause.expires_after(wait);
    wait = std::min(wait * 2, longest_pause);
    co_await self->pause.async_wait(as_result);
  }
}

asio::awaitable<void> keep_expiring(ImplPtr self, unsigned run) {
  while (current(self, run)) {
    self->copy.expire(io::now());
    self->expiry.expires_after(expire_interval);
    co_await self->expiry.async_wait(as_result);
  }
}

}  // namespace

ReplicaClient::ReplicaClient(asio::io_context& io, std::string feed_socket, std::string client_name, Handlers handlers,
                             std::string only_table)
    : impl_(std::make_shared<Impl>(io, std::move(feed_socket), std::move(client_name), std::move(handlers),
                                   std::move(only_table))) {}

ReplicaClient::~ReplicaClient() { stop(); }

void ReplicaClient::start() {
  if (impl_->running) return;
  impl_->running = true;
  const unsigned run = ++impl_->run;
  io::spawn(impl_->io, "feed client of " + impl_->feed_socket, keep_line(impl_, run));
  io::spawn(impl_->io, "expiry of " + impl_->feed_socket, keep_expiring(impl_, run));
}

void ReplicaClient::stop() {
  if (!impl_->running) return;
  impl_->running = false;
  impl_->pause.cancel();
  impl_->expiry.cancel();
  line_down(impl_);
}

bool ReplicaClient::put(std::string_view table, std::string_view key, std::string_view value,
                        std::optional<Duration> ttl) {
  if (!impl_->copy.put(table, key, value, ttl, io::now())) return false;
  flush_soon(impl_);
  return true;
}

void ReplicaClient::erase(std::string_view table, std::string_view key) {
  if (impl_->copy.erase(table, key, io::now())) flush_soon(impl_);
}

std::size_t ReplicaClient::entries() const { return impl_->copy.entries(); }
std::size_t ReplicaClient::unconfirmed() const { return impl_->copy.unconfirmed(); }
std::size_t ReplicaClient::refused() const { return impl_->copy.refused(); }
bool ReplicaClient::connected() const { return impl_->line != nullptr; }
bool ReplicaClient::caught_up() const { return impl_->copy.caught_up(); }

}  // namespace tandem::replica
