#include "common/io/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "common/io/http_connection.hpp"
#include "common/io/peer_process.hpp"
#include "common/io/spawn.hpp"
#include "common/io/unix_socket.hpp"
#include "common/log/log.hpp"

namespace tandem::io {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t max_connections = 64;
constexpr Duration accept_pause = std::chrono::milliseconds(100);

using Route = std::variant<HttpServer::Handler, HttpServer::AsyncHandler, HttpServer::StreamHandler>;

// Where an answer that comes later meets the connection that waits for it.
struct ReplySlot {
  explicit ReplySlot(const asio::any_io_executor& executor)
      : arrived(executor, asio::steady_timer::time_point::max()) {}

  void set(HttpResponse answer) {
    if (response) return;
    response = std::move(answer);
    arrived.cancel();
  }

  std::optional<HttpResponse> response;
  asio::steady_timer arrived;  // never expires; cancelled by set()
};

// What all copies of a Respond share: its end without a call is an answer, too. The slot belongs
// to the connection alone, because a handler may keep its Respond for longer than the server.
struct ReplyTicket {
  explicit ReplyTicket(std::weak_ptr<ReplySlot> target) : slot(std::move(target)) {}
  ReplyTicket(const ReplyTicket&) = delete;
  ReplyTicket& operator=(const ReplyTicket&) = delete;
  ~ReplyTicket() { answer(http_error(500, "the request was dropped without an answer")); }

  void answer(HttpResponse response) {
    if (const auto target = slot.lock()) target->set(std::move(response));
  }

  std::weak_ptr<ReplySlot> slot;
};

// Runs a handler; what it throws becomes an answer.
template <class Call>
std::optional<HttpResponse> guarded(const HttpRequest& request, Call call) {
  try {
    call();
    return std::nullopt;
  } catch (const nlohmann::json::exception& error) {
    return http_error(400, fmt::format("the body is not what {} expects: {}", request.path, error.what()),
                      "the fields of each call are listed in doc/protocols/control.md");
  } catch (const std::exception& error) {
    log::error("bug: {} {} failed with an exception: {}", request.method, request.path, error.what());
    return http_error(500, error.what());
  }
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(asio::io_context& context) : io(context) {}

  void add(std::string_view method, std::string_view path, Route route) {
    routes[std::string(path)].insert_or_assign(std::string(method), std::move(route));
  }

  [[nodiscard]] std::string known_paths() const {
    std::string list = "known paths: ";
    for (const auto& [path, methods] : routes) list += (list.back() == ' ' ? "" : ", ") + path;
    return list;
  }

  // Forgets the connections that ended; false when there is no room for one more.
  bool admit(const std::shared_ptr<HttpConnection>& connection) {
    std::erase_if(connections, [](const std::weak_ptr<HttpConnection>& weak) {
      const auto other = weak.lock();
      return !other || !other->open();
    });
    if (connections.size() >= max_connections) return false;
    connections.push_back(connection);
    return true;
  }

  asio::io_context& io;
  std::map<std::string, std::map<std::string, Route>> routes;  // path, then method
  std::vector<std::weak_ptr<HttpConnection>> connections;
  std::optional<asio::local::stream_protocol::acceptor> unix_acceptor;
  std::optional<asio::ip::tcp::acceptor> tcp_acceptor;
  UnixListener unix_listener;  // its fd is the acceptor's
  std::uint64_t refused = 0;
  bool closed = false;
};

namespace {

using ServerPtr = std::shared_ptr<HttpServer::Impl>;
using ConnectionPtr = std::shared_ptr<HttpConnection>;

asio::awaitable<void> send_answer(ConnectionPtr connection, HttpRequest request, HttpResponse response,
                                  std::string allow) {
  const bool with_body = request.method != "HEAD";
  co_await send_and_close(connection, response_text(response, allow, with_body), false);
}

asio::awaitable<void> answer_later(ConnectionPtr connection, HttpRequest request, HttpServer::AsyncHandler handler) {
  const auto slot = std::make_shared<ReplySlot>(connection->socket.get_executor());
  auto ticket = std::make_shared<ReplyTicket>(slot);
  auto failure = guarded(request, [&] {
    handler(request, [ticket](HttpResponse response) { ticket->answer(std::move(response)); });
  });
  if (failure) slot->set(*std::move(failure));
  ticket.reset();
  if (!slot->response) co_await slot->arrived.async_wait(as_result);
  if (!slot->response) co_return;
  co_await send_answer(connection, request, *slot->response, "");
}

// What a request without a route gets, and the Allow field that belongs to it.
std::pair<HttpResponse, std::string> unroutable(const HttpServer::Impl& server, const HttpRequest& request) {
  const auto path = server.routes.find(request.path);
  if (path == server.routes.end()) {
    return {http_error(404, fmt::format("unknown path {}", request.path), server.known_paths()), ""};
  }
  std::string allow;
  for (const auto& [method, route] : path->second) allow += (allow.empty() ? "" : ", ") + method;
  return {http_error(405, fmt::format("{} does not serve {}", request.path, request.method), "use " + allow), allow};
}

const Route* find_route(const HttpServer::Impl& server, const HttpRequest& request) {
  const auto path = server.routes.find(request.path);
  if (path == server.routes.end()) return nullptr;
  const auto method = path->second.find(request.method);
  return method == path->second.end() ? nullptr : &method->second;
}

bool only_looks(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

// The refusal, if the client at the other end must not do this.
std::optional<HttpResponse> forbidden(HttpServer::Impl& server, HttpConnection& connection,
                                      const HttpRequest& request) {
  if (connection.tcp || only_looks(request)) return std::nullopt;
  const auto peer = peer_process(connection.socket.native_handle());
  if (peer && may_change(*peer, ::geteuid())) return std::nullopt;
  const std::string who = peer ? fmt::format("user {} (pid {})", peer->uid, peer->pid) : "an unknown user";
  ++server.refused;
  // At 1, 2, 4, 8 … refusals: seen at once, and never a flood.
  if ((server.refused & (server.refused - 1)) == 0) {
    log::warning("{} {} of {} refused: only root may change things; {} refusals so far", request.method, request.path,
                 who, server.refused);
  }
  return http_error(403, fmt::format("changing needs root: {} may only look", who), "do it again with sudo");
}

asio::awaitable<void> answer(ServerPtr server, ConnectionPtr connection, HttpRequest request) {
  if (const auto refusal = forbidden(*server, *connection, request)) {
    co_await send_answer(connection, request, *refusal, "");
    co_return;
  }
  if (connection->tcp && request.path != "/metrics") {
    const auto refusal = http_error(403, "only /metrics is served over TCP",
                                    "use the Unix socket: " + server->unix_listener.path);
    co_await send_answer(connection, request, refusal, "");
    co_return;
  }
  const Route* route = find_route(*server, request);
  if (route == nullptr) {
    const auto missing = unroutable(*server, request);
    co_await send_answer(connection, request, missing.first, missing.second);
  } else if (const auto* later = std::get_if<HttpServer::AsyncHandler>(route)) {
    co_await answer_later(connection, request, *later);
  } else if (const auto* stream = std::get_if<HttpServer::StreamHandler>(route)) {
    auto lines = start_stream(connection);
    const auto failure = guarded(request, [&] { (*stream)(std::move(lines)); });
    if (failure) connection->close();
  } else {
    HttpResponse response;
    auto failure = guarded(request, [&] { response = std::get<HttpServer::Handler>(*route)(request); });
    if (failure) response = *std::move(failure);
    co_await send_answer(connection, request, response, "");
  }
}

asio::awaitable<void> serve_connection(ServerPtr server, ConnectionPtr connection) {
  auto outcome = co_await read_request(connection);
  if (server->closed || !connection->open()) co_return;
  if (auto* refusal = std::get_if<Refusal>(&outcome)) {
    const auto response = http_error(refusal->status, refusal->message);
    co_await send_and_close(connection, response_text(response, "", true), true);
  } else if (auto* request = std::get_if<HttpRequest>(&outcome)) {
    co_await answer(server, connection, std::move(*request));
  } else {
    connection->close();
  }
}

// Too many connections: says so if the socket takes it at once, and closes.
void turn_away(HttpConnection& connection) {
  const auto text = response_text(http_error(503, fmt::format("more than {} connections", max_connections),
                                             "close some streams (lbctl events --follow)"), "", true);
  error_code ignored;
  connection.socket.non_blocking(true, ignored);
  connection.socket.write_some(asio::buffer(text), ignored);
  connection.close();
}

template <class Acceptor>
asio::awaitable<void> accept_connections(ServerPtr server, Acceptor* acceptor, bool tcp) {
  bool failing = false;
  asio::steady_timer pause(server->io);
  while (!server->closed) {
    auto accepted = co_await acceptor->async_accept(as_result);
    auto& [error, socket] = accepted;
    if (server->closed) co_return;
    if (error) {
      // Out of descriptors or memory: the listener keeps the clients waiting until it is over.
      if (!failing) log::warning("the control socket cannot accept connections: {}", error.message());
      failing = true;
      pause.expires_after(accept_pause);
      co_await pause.async_wait(as_result);
      continue;
    }
    failing = false;
    auto connection = std::make_shared<HttpConnection>(StreamSocket(std::move(socket)), tcp);
    if (server->admit(connection)) {
      spawn(server->io, "control connection", serve_connection(server, std::move(connection)));
    } else {
      turn_away(*connection);
    }
  }
}

}  // namespace

HttpServer::HttpServer(asio::io_context& io) : impl_(std::make_shared<Impl>(io)) {}

HttpServer::~HttpServer() { close(); }

void HttpServer::route(std::string_view method, std::string_view path, Handler handler) {
  impl_->add(method, path, std::move(handler));
}

void HttpServer::route_async(std::string_view method, std::string_view path, AsyncHandler handler) {
  impl_->add(method, path, std::move(handler));
}

void HttpServer::route_stream(std::string_view path, StreamHandler handler) {
  impl_->add("GET", path, std::move(handler));
}

Result<> HttpServer::listen_unix(const std::string& path) {
  auto listener = listen_unix_socket(path);
  if (!listener) return listener.error();
  asio::local::stream_protocol::acceptor acceptor(impl_->io);
  error_code error;
  acceptor.assign(asio::local::stream_protocol(), listener->fd.get(), error);
  if (error) return Error{fmt::format("listen on {}: {}", path, error.message())};
  [[maybe_unused]] const int owned_by_acceptor = listener->fd.release();
  impl_->unix_listener = *std::move(listener);
  impl_->unix_acceptor.emplace(std::move(acceptor));
  spawn(impl_->io, "control listener", accept_connections(impl_, &*impl_->unix_acceptor, false));
  return {};
}

Result<> HttpServer::listen_tcp(const Endpoint& endpoint) {
  const auto fail = [&](const error_code& error) {
    return Error{fmt::format("listen on {}: {}", endpoint.to_string(), error.message())};
  };
  error_code error;
  const asio::ip::tcp::endpoint address(asio::ip::make_address(endpoint.address.to_string(), error), endpoint.port);
  asio::ip::tcp::acceptor acceptor(impl_->io);
  acceptor.open(address.protocol(), error);
  if (error) return fail(error);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  acceptor.bind(address, error);
  if (error) return fail(error);
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(error);
  impl_->tcp_acceptor.emplace(std::move(acceptor));
  spawn(impl_->io, "metrics listener", accept_connections(impl_, &*impl_->tcp_acceptor, true));
  return {};
}

std::uint16_t HttpServer::tcp_port() const {
  if (!impl_->tcp_acceptor) return 0;
  error_code error;
  return impl_->tcp_acceptor->local_endpoint(error).port();
}

std::uint64_t HttpServer::refused() const { return impl_->refused; }

void HttpServer::close() {
  if (impl_->closed) return;
  impl_->closed = true;
  error_code ignored;
  if (impl_->unix_acceptor) {
    // Before the listener closes: a successor may bind its own file the moment it does.
    remove_socket_file(impl_->unix_listener);
    impl_->unix_acceptor->close(ignored);
  }
  if (impl_->tcp_acceptor) impl_->tcp_acceptor->close(ignored);
  for (const auto& weak : impl_->connections) {
    if (const auto connection = weak.lock()) connection->close();
  }
}

}  // namespace tandem::io
