#include "lbd/proxy/listener.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lbd/proxy/client_session.hpp"
#include "lbd/proxy/http_session.hpp"
#include "lbd/proxy/tcp_session.hpp"

namespace tandem::lbd {

bool ListenerRules::trusts(const IpAddress& client) const noexcept {
  return std::any_of(config.trusted_proxies.begin(), config.trusted_proxies.end(),
                     [&](const Prefix& network) { return network.contains(client); });
}

Listener::Listener(WorkerContext& context, ListenerId id, ListenerCounters& counters, FdReserve& reserve)
    : context_(context), id_(id), counters_(counters), reserve_(reserve) {}

void Listener::update(Ref<ListenerRules> rules, int listening_fd) {
  rules_ = std::move(rules);
  if (listening_fd == listening_fd_) return;
  acceptor_.reset();
  listening_fd_ = listening_fd;
  acceptor_ = std::make_unique<Acceptor>(context_.loop, listening_fd, reserve_, *this);
}

void Listener::remove() {
  removed_ = true;
  accept_waiting();
  acceptor_.reset();
  listening_fd_ = -1;
}

void Listener::accept_waiting() {
  if (acceptor_) acceptor_->accept_waiting();
}

void Listener::on_accepted(int fd, const Endpoint& peer) {
  if (over_limit() && !context_.make_room(1)) {
    ::close(fd);
    context_.counters.sheds.add();
    context_.counters.session_ends[static_cast<std::size_t>(SessionEnd::overload_connections)].add();
    return;
  }
  if (rules_->config.protocol == config::ListenerProtocol::tcp) {
    TcpSession::start(context_, Ref<Listener>(this), fd, peer);
  } else {
    HttpSession::start(context_, Ref<Listener>(this), fd, peer);
  }
}

bool Listener::over_limit() const noexcept { return context_.session_count >= context_.max_sessions; }

bool Listener::on_exhausted() {
  // First what nobody misses, then what clients and backends can best do without: connections that
  // carry nothing.
  constexpr std::uint32_t at_once = 4;
  return context_.buffers.pipes.close_spare() || context_.make_room(at_once) || context_.close_idle_backend_connections(at_once);
}

void Listener::on_shed() {
  context_.counters.sheds.add();
  context_.counters.session_ends[static_cast<std::size_t>(SessionEnd::overload_fds)].add();
}

void Listener::on_accept_error(int) { context_.counters.accept_errors.add(); }

}  // namespace tandem::lbd
