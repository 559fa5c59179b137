// How the link comes up: connecting, listening, handshakes, the choice between the two paths.
#include <boost/asio/ip/address.hpp>

#include <algorithm>

#include "common/io/clock.hpp"
#include "common/io/spawn.hpp"
#include "common/log/log.hpp"
#include "syncd/io/peer_link_impl.hpp"

namespace tandem::sync {
namespace {

constexpr Duration connect_time = std::chrono::milliseconds(500);
constexpr Duration handshake_time = std::chrono::seconds(2);
constexpr Duration first_pause = std::chrono::milliseconds(50);
constexpr Duration longest_pause = std::chrono::seconds(1);
constexpr Duration bind_pause = std::chrono::seconds(1);
constexpr Duration accept_pause = std::chrono::milliseconds(100);
constexpr Duration first_return = std::chrono::milliseconds(250);  // from the LAN to the sync addresses
constexpr Duration longest_return = std::chrono::seconds(5);
constexpr Duration repeat_problem = std::chrono::minutes(1);
constexpr std::size_t most_handshakes = 16;                    // at a time, from whoever reaches the port

asio::ip::address to_asio(const IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    asio::ip::address_v4::bytes_type v4;
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return asio::ip::address_v4(v4);
  }
  asio::ip::address_v6::bytes_type v6;
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return asio::ip::address_v6(v6);
}

/// A pause that stop() can end.
asio::awaitable<void> pause_for(LinkPtr self, Duration duration) {
  auto timer = std::make_shared<asio::steady_timer>(self->io, duration);
  std::erase_if(self->pauses, [](const auto& other) { return other.expired(); });
  self->pauses.push_back(timer);
  co_await timer->async_wait(as_result);
}

/// Closes the connection if it is not `done` in time.
asio::awaitable<void> watch(std::weak_ptr<PeerConnection> watched, std::shared_ptr<asio::steady_timer> timer) {
  const auto waited = co_await timer->async_wait(as_result);
  if (std::get<0>(waited)) co_return;  // cancelled: done in time
  if (const auto connection = watched.lock()) connection->close();
}

std::shared_ptr<asio::steady_timer> limit(const LinkPtr& self, const PeerConnectionPtr& connection, Duration time) {
  auto timer = std::make_shared<asio::steady_timer>(self->io, time);
  io::spawn(self->io, "peer link time limit", watch(connection, timer));
  return timer;
}

void forget_finished(const LinkPtr& self) {
  std::erase_if(self->handshaking, [](const auto& other) { return other.expired(); });
}

void set_options(Tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
}

std::string where(const Path& path) {
  return path.remote.to_string() + (path.fallback ? " (LAN address)" : " (sync address)");
}

/// Opens and binds to our address of the path, so that the packets really take it.
boost::system::error_code prepare(Tcp::socket& socket, const Path& path) {
  boost::system::error_code error;
  const Tcp::endpoint local(to_asio(path.local), 0);
  socket.open(local.protocol(), error);
  if (!error) socket.bind(local, error);
  return error;
}

Result<> open_acceptor(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(16, error);
  if (!error) return {};
  boost::system::error_code ignored;
  acceptor.close(ignored);
  return Error{error.message()};
}

/// The peer binds to its own address, so nobody else has to be listened to; and the work for whoever takes its
/// address is bounded.
bool may_shake_hands(const LinkPtr& self, const Path& path, const asio::ip::address& remote) {
  if (remote != to_asio(path.remote)) {
    ++self->counters.handshakes_failed;
    report_problem(self, "a connection from " + remote.to_string() + " is closed: the peer's address is " +
                             path.remote.to_string());
    return false;
  }
  forget_finished(self);
  if (self->handshaking.size() < most_handshakes) return true;
  ++self->counters.handshakes_failed;
  report_problem(self, "too many unfinished connections at the sync port; a further one is closed");
  return false;
}

asio::awaitable<void> welcome_peer(LinkPtr self, unsigned run, PeerConnectionPtr connection) {
  const bool good = co_await shake_hands(self, connection, true);
  if (good && self->current(run)) adopt(self, connection);
}

asio::awaitable<void> accept_peers(LinkPtr self, unsigned run, std::shared_ptr<Tcp::acceptor> acceptor, Path path) {
  while (self->current(run)) {
    auto accepted = co_await acceptor->async_accept(as_result);
    if (!self->current(run)) co_return;
    if (std::get<0>(accepted)) {
      report_problem(self, "cannot accept connections of the peer: " + std::get<0>(accepted).message());
      co_await pause_for(self, accept_pause);
      continue;
    }
    Tcp::socket& socket = std::get<1>(accepted);
    boost::system::error_code gone;
    const asio::ip::address remote = socket.remote_endpoint(gone).address();
    if (gone || !may_shake_hands(self, path, remote)) continue;
    set_options(socket);
    auto connection = std::make_shared<PeerConnection>(std::move(socket), self->psk);
    connection->address = remote.to_string();
    connection->fallback = path.fallback;
    self->handshaking.push_back(connection);
    io::spawn(self->io, "peer handshake", welcome_peer(self, run, connection));
  }
}

/// Waits for the end of the connection. One over the LAN is meanwhile compared with the sync addresses: the better
/// connection, if there is one, is returned.
asio::awaitable<PeerConnectionPtr> wait_for_end(LinkPtr self, unsigned run, PeerConnectionPtr connection) {
  Duration interval = first_return;
  while (self->current(run) && connection->open) {
    if (connection->fallback) connection->ended.expires_after(interval);
    interval = std::min(interval * 2, longest_return);
    co_await connection->ended.async_wait(as_result);
    if (!self->current(run) || !connection->open) break;
    PeerConnectionPtr better = co_await connect(self, self->paths.front());
    if (better) co_return better;
  }
  co_return nullptr;
}

}  // namespace

bool report_problem(const LinkPtr& self, const std::string& problem) {
  constexpr std::size_t most_remembered = 64;
  const TimePoint now = io::now();
  if (self->reported.size() >= most_remembered) self->reported.clear();
  const auto [known, fresh] = self->reported.emplace(problem, now);
  if (!fresh && now - known->second < repeat_problem) return false;
  known->second = now;
  log::warning("link to {}: {}", self->config.peer.name, problem);
  return true;
}

void report_refusal(const LinkPtr& self, const std::string& problem) {
  if (report_problem(self, problem)) self->handlers.on_refused(problem);
}

asio::awaitable<bool> shake_hands(LinkPtr self, PeerConnectionPtr connection, bool as_server) {
  using Stream = asio::ssl::stream<Tcp::socket>;
  const auto timer = limit(self, connection, handshake_time);
  const auto shaken = co_await connection->stream.async_handshake(as_server ? Stream::server : Stream::client, as_result);
  timer->cancel();
  const boost::system::error_code error = std::get<0>(shaken);
  if (!error && connection->open) co_return true;
  connection->close();
  if (!self->running) co_return false;
  const HandshakeFailure failure = explain_handshake(error, self->config.peer.name);
  ++(failure.wrong_key ? self->counters.wrong_key : self->counters.handshakes_failed);
  report_refusal(self, connection->address + ": " + failure.reason);
  co_return false;
}

asio::awaitable<PeerConnectionPtr> connect(LinkPtr self, Path path) {
  Tcp::socket socket(self->io);
  boost::system::error_code error = prepare(socket, path);
  if (error) {
    ++self->counters.connects_failed;
    report_problem(self, "cannot use own address " + path.local.to_string() + ": " + error.message());
    co_return nullptr;
  }
  auto connection = std::make_shared<PeerConnection>(std::move(socket), self->psk);
  connection->address = path.remote.to_string();
  connection->fallback = path.fallback;
  forget_finished(self);
  self->handshaking.push_back(connection);
  const auto timer = limit(self, connection, connect_time);
  const Tcp::endpoint remote(to_asio(path.remote), self->config.port);
  const auto connected = co_await connection->stream.next_layer().async_connect(remote, as_result);
  timer->cancel();
  error = std::get<0>(connected);
  if (error || !connection->open) {
    ++self->counters.connects_failed;
    if (self->running) {
      const std::string reason = connection->open ? error.message() : "no answer";
      report_problem(self, "cannot connect to " + where(path) + ": " + reason);
    }
    connection->close();
    co_return nullptr;
  }
  set_options(connection->stream.next_layer());
  const bool good = co_await shake_hands(self, connection, false);
  if (!good) co_return nullptr;
  co_return connection;
}

asio::awaitable<void> keep_connected(LinkPtr self, unsigned run) {
  Duration wait = first_pause;
  PeerConnectionPtr connection;
  while (self->current(run)) {
    for (std::size_t i = 0; i < self->paths.size() && !connection; ++i) {
      connection = co_await connect(self, self->paths[i]);
      if (!self->current(run)) co_return;
    }
    if (!connection) {
      co_await pause_for(self, wait);
      wait = std::min(wait * 2, longest_pause);
      continue;
    }
    adopt(self, connection);
    const TimePoint began = io::now();
    connection = co_await wait_for_end(self, run, connection);
    // A peer that accepts and hangs up at once is not asked again and again without a pause.
    if (io::now() - began > longest_pause) wait = first_pause;
    if (!connection && self->current(run)) {
      co_await pause_for(self, wait);
      wait = std::min(wait * 2, longest_pause);
    }
  }
}

asio::awaitable<void> keep_listening(LinkPtr self, unsigned run, Path path) {
  const Tcp::endpoint endpoint(to_asio(path.local), self->config.port);
  while (self->current(run)) {
    auto acceptor = std::make_shared<Tcp::acceptor>(self->io);
    const Result<> opened = open_acceptor(*acceptor, endpoint);
    if (opened) {
      self->acceptors.push_back(acceptor);
      co_await accept_peers(self, run, acceptor, path);
      co_return;
    }
    report_problem(self, "cannot listen on " + path.local.to_string() + " port " + std::to_string(self->config.port) +
                             ": " + opened.error().message + "; trying again");
    co_await pause_for(self, bind_pause);
  }
}

}  // namespace tandem::sync
