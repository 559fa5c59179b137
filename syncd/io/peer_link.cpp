// The traffic of the link: one active connection, joined to the PeerSession.
#include "syncd/io/peer_link.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <utility>

#include "common/io/clock.hpp"
#include "common/io/spawn.hpp"
#include "common/log/log.hpp"
#include "syncd/io/peer_link_impl.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t write_budget = 64 * 1024;

void flush_active(const LinkPtr& self);

/// Ends `connection`; if it is the active one, the session is lost as well.
void drop(const LinkPtr& self, const PeerConnectionPtr& connection, const std::string& why) {
  connection->close();
  if (self->active != connection) return;
  self->active.reset();
  self->counters.last_end = why;
  self->replicator.peer().lost();
  self->handlers.on_change();
}

asio::awaitable<void> write_out(LinkPtr self, PeerConnectionPtr connection) {
  const auto written = co_await asio::async_write(connection->stream, asio::buffer(connection->outgoing), as_result);
  connection->writing = false;
  if (self->active != connection) co_return;
  if (std::get<0>(written)) {
    drop(self, connection, std::get<0>(written).message());
    co_return;
  }
  self->counters.bytes_sent += connection->outgoing.size();
  if (connection->last_write) {
    drop(self, connection, connection->closing);
  } else {
    flush_active(self);
  }
}

void flush_active(const LinkPtr& self) {
  const PeerConnectionPtr connection = self->active;
  if (!connection || connection->writing) return;
  connection->outgoing.clear();
  self->replicator.peer().produce(connection->outgoing, write_budget, io::now());
  connection->last_write = !connection->closing.empty();
  if (connection->outgoing.empty()) {
    if (connection->last_write) drop(self, connection, connection->closing);
    return;
  }
  connection->writing = true;
  io::spawn(self->io, "peer writer", write_out(self, connection));
}

/// Hands what has arrived to the session; the error if the peer broke the protocol.
Result<> take(const LinkPtr& self, wire::Decoder& decoder) {
  while (const auto message = decoder.next()) {
    const Result<> result = self->replicator.peer().receive(*message, io::now());
    if (!result) return result;
  }
  if (decoder.error() == wire::DecodeError::none) return {};
  return Error{"garbage: " + std::string(wire::to_text(decoder.error()))};
}

asio::awaitable<void> serve(LinkPtr self, PeerConnectionPtr connection) {
  wire::Decoder decoder;
  std::vector<std::uint8_t> chunk(64 * 1024);
  while (self->active == connection) {
    const auto read = co_await connection->stream.async_read_some(asio::buffer(chunk), as_result);
    if (self->active != connection) co_return;
    if (std::get<0>(read)) {
      const auto& error = std::get<0>(read);
      const bool closed = error == asio::ssl::error::stream_truncated || error == asio::error::eof;
      drop(self, connection, closed ? "the peer closed the connection" : error.message());
      co_return;
    }
    const std::size_t size = std::get<1>(read);
    self->counters.bytes_received += size;
    decoder.append(std::span(chunk).first(size));
    const Result<> result = take(self, decoder);
    if (result) {
      // Problems are news again after a link that works.
      if (self->replicator.peer().state() == PeerState::in_sync) self->reported.clear();
      self->handlers.on_change();
      continue;
    }
    // The refusal goes out first, if there is one.
    report_refusal(self, result.error().message);
    connection->closing = result.error().message;
    flush_active(self);
    co_return;
  }
}

}  // namespace

void adopt(const LinkPtr& self, const PeerConnectionPtr& connection) {
  if (const PeerConnectionPtr former = self->active) drop(self, former, "replaced by a new connection");
  self->active = connection;
  self->replicator.peer().connected(io::now());
  io::spawn(self->io, "peer connection", serve(self, connection));
  self->handlers.on_change();
}

PeerLink::PeerLink(asio::io_context& io, Replicator& replicator, Handlers handlers)
    : impl_(std::make_shared<Impl>(io, replicator, std::move(handlers))) {}

PeerLink::~PeerLink() { stop(); }

Result<> PeerLink::start(const LinkConfig& config) {
  TANDEM_ASSERT(!impl_->running);
  auto psk = PskContext::create(config.key, config.cluster, std::min(config.self.name, config.peer.name));
  if (!psk) return psk.error();
  Impl& self = *impl_;
  self.psk = std::move(*psk);
  self.config = config;
  self.paths = {Path{config.self.sync_address, config.peer.sync_address, false}};
  if (config.self.address != config.self.sync_address) {
    self.paths.push_back(Path{config.self.address, config.peer.address, true});
  }
  self.running = true;
  ++self.run;
  if (config.connects()) {
    io::spawn(self.io, "peer connector", keep_connected(impl_, self.run));
  } else {
    for (const Path& path : self.paths) io::spawn(self.io, "peer listener", keep_listening(impl_, self.run, path));
  }
  return {};
}

void PeerLink::stop() {
  Impl& self = *impl_;
  if (!self.running) return;
  self.running = false;
  boost::system::error_code ignored;
  for (const auto& weak : self.acceptors) {
    if (const auto acceptor = weak.lock()) acceptor->close(ignored);
  }
  for (const auto& weak : self.handshaking) {
    if (const auto connection = weak.lock()) connection->close();
  }
  for (const auto& weak : self.pauses) {
    if (const auto timer = weak.lock()) timer->cancel();
  }
  self.acceptors.clear();
  self.handshaking.clear();
  self.pauses.clear();
  if (const PeerConnectionPtr connection = self.active) drop(impl_, connection, "this node ended the link");
}

void PeerLink::flush() {
  const PeerConnectionPtr connection = impl_->active;
  if (connection && impl_->replicator.peer().dead(io::now())) {
    drop(impl_, connection, "silent for too long");
    return;
  }
  flush_active(impl_);
}

LinkStatus PeerLink::status() const {
  LinkStatus status = impl_->counters;
  if (impl_->active) {
    status.connected = true;
    status.address = impl_->active->address;
    status.fallback = impl_->active->fallback;
  }
  return status;
}

}  // namespace tandem::sync
