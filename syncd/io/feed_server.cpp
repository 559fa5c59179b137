#include "syncd/io/feed_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "common/io/clock.hpp"
#include "common/io/spawn.hpp"
#include "common/io/unix_socket.hpp"
#include "common/log/log.hpp"

namespace tandem::sync {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_clients = 64;
constexpr std::size_t write_budget = 64 * 1024;
constexpr Duration accept_pause = std::chrono::milliseconds(100);
constexpr Duration input_pause = std::chrono::milliseconds(5);

struct Connection {
  Connection(Protocol::socket accepted, std::uint32_t session_id)
      : socket(std::move(accepted)), pause(socket.get_executor()), session(session_id) {}

  Protocol::socket socket;
  asio::steady_timer pause;
  std::uint32_t session;  // in the Replicator, while `open`
  std::vector<std::uint8_t> outgoing;
  bool writing = false;
  bool open = true;
  bool closing = false;     // after the session's last word
  bool last_write = false;  // ... which is being written
};
using ConnectionPtr = std::shared_ptr<Connection>;

}  // namespace

struct FeedServer::Impl {
  Impl(asio::io_context& context, Replicator& node, std::function<void()> changed)
      : io(context), replicator(node), on_change(std::move(changed)), acceptor(context), pause(context) {}

  asio::io_context& io;
  Replicator& replicator;
  std::function<void()> on_change;
  io::UnixListener listener;  // owns the socket file; its descriptor is the acceptor's
  Protocol::acceptor acceptor;
  asio::steady_timer pause;
  std::set<ConnectionPtr> connections;
  bool running = false;
};

namespace {

using ImplPtr = std::shared_ptr<FeedServer::Impl>;

void flush(const ImplPtr& self, const ConnectionPtr& connection);

void end(const ImplPtr& self, const ConnectionPtr& connection) {
  if (!connection->open) return;
  connection->open = false;
  const std::string client = self->replicator.client(connection->session).client();
  if (!client.empty()) log::info("client {} has left", client);
  self->replicator.remove_client(connection->session);
  boost::system::error_code ignored;
  connection->socket.close(ignored);
  connection->pause.cancel();
  self->connections.erase(connection);
}

asio::awaitable<void> write_out(ImplPtr self, ConnectionPtr connection) {
  const auto written = co_await asio::async_write(connection->socket, asio::buffer(connection->outgoing), as_result);
  connection->writing = false;
  if (!connection->open) co_return;
  if (std::get<0>(written) || connection->last_write) {
    end(self, connection);
    co_return;
  }
  flush(self, connection);
}

void flush(const ImplPtr& self, const ConnectionPtr& connection) {
  if (!connection->open || connection->writing) return;
  connection->outgoing.clear();
  self->replicator.client(connection->session).produce(connection->outgoing, write_budget, io::now());
  connection->last_write = connection->closing;
  if (connection->outgoing.empty()) {
    if (connection->closing) end(self, connection);
    return;
  }
  connection->writing = true;
  io::spawn(self->io, "feed writer", write_out(self, connection));
}

/// Hands what has arrived to the session. False if the client broke the protocol.
bool take(const ImplPtr& self, const ConnectionPtr& connection, wire::Decoder& decoder) {
  FeedSession& session = self->replicator.client(connection->session);
  const bool unknown = session.client().empty();
  while (const auto message = decoder.next()) {
    const Result<> result = session.receive(*message, io::now());
    if (!result) {
      log::error("local feed: {}", result.error().message);
      return false;
    }
  }
  if (unknown && !session.client().empty()) log::info("client {} has connected", session.client());
  if (decoder.error() == wire::DecodeError::none) return true;
  log::error("local feed: garbage from {}: {}", session.client().empty() ? "a client" : session.client(),
             wire::to_text(decoder.error()));
  return false;
}

asio::awaitable<void> serve(ImplPtr self, ConnectionPtr connection) {
  wire::Decoder decoder;
  std::array<std::uint8_t, 64 * 1024> chunk;
  while (connection->open) {
    // A client that writes without reading its results waits.
    while (connection->open && !self->replicator.client(connection->session).wants_input()) {
      connection->pause.expires_after(input_pause);
      co_await connection->pause.async_wait(as_result);
    }
    if (!connection->open) co_return;
    const auto read = co_await connection->socket.async_read_some(asio::buffer(chunk), as_result);
    if (!connection->open || connection->closing) co_return;
    if (std::get<0>(read)) {
      end(self, connection);
      self->on_change();
      co_return;
    }
    decoder.append(std::span(chunk).first(std::get<1>(read)));
    if (take(self, connection, decoder)) {
      self->on_change();
      continue;
    }
    // The refusal goes out first, if there is one and the client reads.
    connection->closing = true;
    flush(self, connection);
    self->on_change();
    co_return;
  }
}

asio::awaitable<void> accept_clients(ImplPtr self) {
  while (self->running) {
    auto accepted = co_await self->acceptor.async_accept(as_result);
    if (!self->running) co_return;
    if (std::get<0>(accepted)) {
      log::warning("the local feed cannot accept a client: {}", std::get<0>(accepted).message());
      self->pause.expires_after(accept_pause);
      co_await self->pause.async_wait(as_result);
      continue;
    }
    if (self->connections.size() >= most_clients) {
      log::warning("the local feed has {} clients, a further one is turned away", most_clients);
      continue;
    }
    auto connection = std::make_shared<Connection>(std::move(std::get<1>(accepted)), self->replicator.add_client());
    self->connections.insert(connection);
    io::spawn(self->io, "feed connection", serve(self, connection));
  }
}

}  // namespace

FeedServer::FeedServer(asio::io_context& io, Replicator& replicator, std::function<void()> on_change)
    : impl_(std::make_shared<Impl>(io, replicator, std::move(on_change))) {}

FeedServer::~FeedServer() { close(); }

Result<> FeedServer::listen(const std::string& path) {
  // Cookie keys pass here, and whoever connects may write: for the daemons, not for those who may look.
  auto listener = io::listen_unix_socket(path, io::SocketGroup::directory);
  if (!listener) return listener.error();
  impl_->listener = std::move(*listener);
  impl_->acceptor.assign(Protocol(), impl_->listener.fd.release());
  impl_->running = true;
  io::spawn(impl_->io, "local feed", accept_clients(impl_));
  return {};
}

void FeedServer::flush() {
  // A copy: flushing may end a connection.
  const std::vector<ConnectionPtr> connections(impl_->connections.begin(), impl_->connections.end());
  for (const ConnectionPtr& connection : connections) sync::flush(impl_, connection);
}

void FeedServer::close() {
  if (!impl_->running) return;
  impl_->running = false;
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel();
  io::remove_socket_file(impl_->listener);
  while (!impl_->connections.empty()) {
    const ConnectionPtr connection = *impl_->connections.begin();
    end(impl_, connection);
  }
}

}  // namespace tandem::sync
