// The part of the netlink adapter that looks for routes.
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "vrrpd/io/netlink_impl.hpp"

namespace tandem::vrrp {
namespace {

constexpr unsigned useless = RTNH_F_DEAD | RTNH_F_LINKDOWN;

bool any_hop_usable(const nlattr* hops) {
  auto* hop = static_cast<rtnexthop*>(nla_data(hops));
  int left = nla_len(hops);
  while (RTNH_OK(hop, left)) {
    if ((hop->rtnh_flags & useless) == 0) return true;
    left -= RTNH_ALIGN(hop->rtnh_len);
    hop = RTNH_NEXT(hop);
  }
  return false;
}

struct Wanted {
  std::span<const Prefix> prefixes;
  std::vector<bool> found;
};

int take_route(nl_msg* message, void* argument) {
  auto& wanted = *static_cast<Wanted*>(argument);
  const auto route = main_route(nlmsg_hdr(message));
  if (!route || !route->usable) return NL_OK;
  for (std::size_t i = 0; i < wanted.prefixes.size(); ++i) {
    if (wanted.prefixes[i] == route->prefix) wanted.found[i] = true;
  }
  return NL_OK;
}

}  // namespace

std::optional<MainRoute> main_route(nlmsghdr* header) {
  if (header->nlmsg_type != RTM_NEWROUTE && header->nlmsg_type != RTM_DELROUTE) return std::nullopt;
  if (nlmsg_valid_hdr(header, sizeof(rtmsg)) == 0) return std::nullopt;
  const auto* body = static_cast<const rtmsg*>(nlmsg_data(header));
  std::uint32_t table = body->rtm_table;
  if (const nlattr* wide = nlmsg_find_attr(header, sizeof(rtmsg), RTA_TABLE)) table = nla_get_u32(wide);
  const bool ordinary = body->rtm_type == RTN_UNICAST && (body->rtm_flags & RTM_F_CLONED) == 0;
  if (table != RT_TABLE_MAIN || !ordinary) return std::nullopt;
  if (body->rtm_family != AF_INET && body->rtm_family != AF_INET6) return std::nullopt;

  MainRoute route;
  route.prefix.length = body->rtm_dst_len;
  std::array<std::uint8_t, 16> bytes{};
  if (const nlattr* to = nlmsg_find_attr(header, sizeof(rtmsg), RTA_DST)) {
    std::memcpy(bytes.data(), nla_data(to), std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(nla_len(to))));
  }
  route.prefix.address = body->rtm_family == AF_INET6 ? IpAddress::v6(bytes)
                                                      : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
  const nlattr* hops = nlmsg_find_attr(header, sizeof(rtmsg), RTA_MULTIPATH);
  route.usable = hops != nullptr ? any_hop_usable(hops) : (body->rtm_flags & useless) == 0;
  return route;
}

Result<std::vector<bool>> Netlink::have_routes(std::span<const Prefix> prefixes) {
  nl_sock* socket = impl_->socket.get();
  constexpr const char* what = "list the routes";
  for (int attempt = 0; attempt < 5; ++attempt) {  // a table that changes while it is dumped is dumped again
    Wanted wanted{prefixes, std::vector<bool>(prefixes.size(), false)};
    rtmsg body{};
    body.rtm_family = AF_UNSPEC;
    if (const int code = nl_send_simple(socket, RTM_GETROUTE, NLM_F_DUMP, &body, sizeof(body)); code < 0) {
      return nl_error(what, code);
    }
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_route, &wanted);
    const int code = nl_recvmsgs_default(socket);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
    if (code == -NLE_DUMP_INTR) continue;
    if (code < 0) return nl_error(what, code);
    return std::move(wanted.found);
  }
  return nl_error(what, -NLE_DUMP_INTR);
}

}  // namespace tandem::vrrp
