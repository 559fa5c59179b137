// What the translation units of the netlink adapter share; for nobody else.
#pragma once

#include <fmt/core.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <memory>
#include <string_view>

#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

struct SocketDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using Socket = std::unique_ptr<nl_sock, SocketDeleter>;

struct MessageDeleter {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, MessageDeleter>;

inline Error nl_error(std::string_view what, int code) { return Error{fmt::format("{}: {}", what, nl_geterror(code))}; }

/// A socket of its own for rtnetlink.
Result<Socket> connect_route();

/// A unicast route of the main table, of which a message tells.
struct MainRoute {
  Prefix prefix;
  bool usable = false;  // at least one of its next hops is reachable, as far as the kernel knows
};
/// nullopt: another kind of message, table or route.
std::optional<MainRoute> main_route(nlmsghdr* header);

struct Netlink::Impl {
  Socket socket;
  std::uint32_t next_in_batch = 0;  // sequence number
};

}  // namespace tandem::vrrp
