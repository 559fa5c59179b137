// Inside of PeerLink: its state, and what its two halves (paths: peer_paths.cpp, traffic: peer_link.cpp) share.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "syncd/io/peer_link.hpp"
#include "syncd/io/psk.hpp"

namespace tandem::sync {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// One TCP connection with its TLS stream. Shared by its operations; the link points to the one in use.
struct PeerConnection {
  PeerConnection(Tcp::socket socket, std::shared_ptr<PskContext> keys)
      : psk(std::move(keys)), stream(std::move(socket), psk->context()), ended(stream.get_executor()) {
    ended.expires_at(asio::steady_timer::time_point::max());
  }

  std::shared_ptr<PskContext> psk;  // outlives the stream
  asio::ssl::stream<Tcp::socket> stream;
  asio::steady_timer ended;  // cancelled when the connection has ended
  std::vector<std::uint8_t> outgoing;
  std::string address;       // of the peer
  bool fallback = false;
  bool writing = false;
  bool open = true;
  std::string closing;       // why it ends after the session's last word; empty: it does not
  bool last_write = false;   // ... which is being written

  void close() {
    if (!open) return;
    open = false;
    boost::system::error_code ignored;
    stream.next_layer().close(ignored);
    ended.cancel();
  }
};
using PeerConnectionPtr = std::shared_ptr<PeerConnection>;

/// One of our addresses and the peer's address that belongs to it.
struct Path {
  IpAddress local;
  IpAddress remote;
  bool fallback = false;
};

struct PeerLink::Impl {
  Impl(asio::io_context& context, Replicator& node, Handlers callbacks)
      : io(context), replicator(node), handlers(std::move(callbacks)) {}

  asio::io_context& io;
  Replicator& replicator;
  Handlers handlers;
  LinkConfig config;
  std::shared_ptr<PskContext> psk;
  std::vector<Path> paths;  // in order of preference
  LinkStatus counters;
  std::map<std::string, TimePoint> reported;  // problems since the link was up, and when they were logged last
  PeerConnectionPtr active;  // joined to the PeerSession
  std::vector<std::weak_ptr<Tcp::acceptor>> acceptors;
  std::vector<std::weak_ptr<PeerConnection>> handshaking;
  std::vector<std::weak_ptr<asio::steady_timer>> pauses;
  unsigned run = 0;  // of start(): coroutines of an earlier one see that they are no longer current
  bool running = false;

  [[nodiscard]] bool current(unsigned of_run) const { return running && run == of_run; }
};

using LinkPtr = std::shared_ptr<PeerLink::Impl>;

/// Logs a problem; false, and nothing is logged, if the same was in the last minute.
bool report_problem(const LinkPtr& self, const std::string& problem);
/// The same for a peer that is refused or refuses: an event as well.
void report_refusal(const LinkPtr& self, const std::string& problem);

/// Joins an authenticated connection to the session, in place of a former one, and serves it.
void adopt(const LinkPtr& self, const PeerConnectionPtr& connection);

/// TLS handshake within two seconds; true if the connection may be adopted. Failures are counted and logged.
asio::awaitable<bool> shake_hands(LinkPtr self, PeerConnectionPtr connection, bool as_server);

/// Connects along `path` and shakes hands; nullptr if that fails.
asio::awaitable<PeerConnectionPtr> connect(LinkPtr self, Path path);

/// Keeps the link up from the connecting side / listens at one address on the other side.
asio::awaitable<void> keep_connected(LinkPtr self, unsigned run);
asio::awaitable<void> keep_listening(LinkPtr self, unsigned run, Path path);

}  // namespace tandem::sync
