#include "lbd/control/listen_sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "lbd/control/port_holder.hpp"

namespace tandem::lbd {
namespace {

constexpr int backlog = 4096;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof(v6.sin6_addr));
    std::memcpy(&result.storage, &v6, sizeof(v6));
    result.size = sizeof(v6);
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof(v4.sin_addr));
    std::memcpy(&result.storage, &v4, sizeof(v4));
    result.size = sizeof(v4);
  }
  return result;
}

Result<> set_option(int fd, int level, int name, int value, const char* what) {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) != 0) {
    return errno_error(fmt::format("setsockopt {}", what), errno);
  }
  return {};
}

// Options of the listening socket; accepted sockets inherit TCP_NODELAY.
Result<> set_options(int fd, bool v6, bool dual_stack, bool shared) {
  if (auto done = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"); !done) return done;
  if (auto done = set_option(fd, SOL_SOCKET, SO_REUSEPORT, shared ? 1 : 0, "SO_REUSEPORT"); !done) return done;
  if (auto done = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"); !done) return done;
  if (!v6) return set_option(fd, IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND");
  if (auto done = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual_stack ? 0 : 1, "IPV6_V6ONLY"); !done) return done;
  return set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1, "IPV6_FREEBIND");
}

std::string describe(const config::ListenerConfig& listener) {
  if (!listener.address) return fmt::format("listener {}: cannot listen on *:{}", listener.name, listener.port);
  const Endpoint endpoint{*listener.address, listener.port};
  return fmt::format("listener {}: cannot listen on {}", listener.name, endpoint.to_string());
}

Error explain(const config::ListenerConfig& listener, int error) {
  Error result = errno_error(describe(listener), error);
  if (error == EADDRINUSE) {
    const std::string holders = port_holders(listener.port);
    result.message += holders.empty() ? " by a process that cannot be named (run as root to see it)"
                                      : fmt::format(" by {}", holders);
  } else if (error == EACCES) {
    result.message += fmt::format(" (ports below 1024 need root or CAP_NET_BIND_SERVICE)");
  }
  return result;
}

bool host_has_ipv6() {
  const io::UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return static_cast<bool>(fd);
}

IpAddress bind_address(const config::ListenerConfig& listener) {
  if (listener.address) return *listener.address;
  static const bool ipv6 = host_has_ipv6();
  return ipv6 ? IpAddress::v6_any() : IpAddress::v4_any();
}

Result<io::UniqueFd> bound_socket(const config::ListenerConfig& listener, bool shared) {
  const IpAddress address = bind_address(listener);
  const int family = address.is_v6() ? AF_INET6 : AF_INET;
  io::UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return explain(listener, errno);
  if (auto done = set_options(fd.get(), address.is_v6(), !listener.address.has_value(), shared); !done) {
    return Error{fmt::format("{}: {}", describe(listener), done.error().message)};
  }
  const SocketAddress bound = to_socket_address(address, listener.port);
  if (::bind(fd.get(), bound.get(), bound.size) != 0) return explain(listener, errno);
  return fd;
}

// With SO_REUSEPORT a second lbd of the same user would share the port without anybody noticing; without it, bind
// fails while any other process listens there.
Result<> check_port_is_free(const config::ListenerConfig& listener) {
  auto probe = bound_socket(listener, false);
  return probe ? Result<>() : probe.error();
}

std::uint16_t local_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  sockaddr_in v4{};
  std::memcpy(&v4, &storage, sizeof(v4));  // the port stands at the same place in sockaddr_in6
  return ntohs(v4.sin_port);
}

Result<std::vector<io::UniqueFd>> open_listener(config::ListenerConfig listener, std::uint32_t workers) {
  std::vector<io::UniqueFd> sockets;
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    auto fd = bound_socket(listener, true);
    if (!fd) return fd.error();
    if (::listen(fd->get(), backlog) != 0) return explain(listener, errno);
    listener.port = local_port(fd->get());  // port 0: the first socket chooses, the others join it
    sockets.push_back(std::move(*fd));
  }
  return sockets;
}

}  // namespace

Result<> ListenSockets::open(const std::vector<config::ListenerConfig>& listeners, IdRegistry& ids) {
  if (open_.empty()) {  // later, our own wildcard sockets would stand in the way of the check
    for (const auto& listener : listeners) {
      if (auto free = check_port_is_free(listener); !free) return free;
    }
  }
  std::map<ListenerId, Descriptors> opened;
  for (const auto& listener : listeners) {
    const ListenerId id = ids.listener(listener);
    if (open_.count(id) != 0) continue;
    auto sockets = open_listener(listener, workers_);
    if (!sockets) return sockets.error();
    opened.emplace(id, std::move(*sockets));
  }
  open_.merge(opened);
  return {};
}

void ListenSockets::close_all_but(const std::set<ListenerId>& kept) {
  std::erase_if(open_, [&kept](const auto& entry) { return kept.count(entry.first) == 0; });
}

SocketsByListener ListenSockets::sockets() const {
  SocketsByListener result;
  for (const auto& [id, descriptors] : open_) {
    auto& fds = result[id];
    for (const auto& fd : descriptors) fds.push_back(fd.get());
  }
  return result;
}

std::uint16_t ListenSockets::port(ListenerId listener) const {
  const auto found = open_.find(listener);
  return found == open_.end() ? std::uint16_t{0} : local_port(found->second.front().get());
}

}  // namespace tandem::lbd
