// The part of the netlink adapter that looks after neighbour entries (ARP, ND).
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include <cstring>

#include "vrrpd/io/netlink_impl.hpp"

namespace tandem::vrrp {
namespace {

Message neighbour_request(int type, int flags, int link, const IpAddress& address, std::uint16_t state) {
  Message message(nlmsg_alloc_simple(type, flags));
  if (!message) return message;
  ndmsg body{};
  body.ndm_family = address.is_v4() ? AF_INET : AF_INET6;
  body.ndm_ifindex = link;
  body.ndm_state = state;
  nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO);
  const auto bytes = address.bytes();
  nla_put(message.get(), NDA_DST, static_cast<int>(bytes.size()), bytes.data());
  return message;
}

int take_neighbour(nl_msg* message, void* argument) {
  auto& found = *static_cast<std::optional<Neighbour>*>(argument);
  nlmsghdr* header = nlmsg_hdr(message);
  if (header->nlmsg_type != RTM_NEWNEIGH || nlmsg_valid_hdr(header, sizeof(ndmsg)) == 0) return NL_OK;
  const auto* body = static_cast<const ndmsg*>(nlmsg_data(header));
  const nlattr* mac = nlmsg_find_attr(header, sizeof(ndmsg), NDA_LLADDR);
  const nlattr* protocol = nlmsg_find_attr(header, sizeof(ndmsg), NDA_PROTOCOL);
  Neighbour neighbour;
  if (mac == nullptr || nla_len(mac) != static_cast<int>(neighbour.mac.size())) return NL_OK;
  std::memcpy(neighbour.mac.data(), nla_data(mac), neighbour.mac.size());
  neighbour.reachable = (body->ndm_state & NUD_REACHABLE) != 0;
  neighbour.pinned =
      (body->ndm_state & NUD_PERMANENT) != 0 && protocol != nullptr && nla_get_u8(protocol) == address_protocol;
  found = neighbour;
  return NL_OK;
}

}  // namespace

std::optional<Neighbour> Netlink::neighbour(int link, const IpAddress& address) {
  nl_sock* socket = impl_->socket.get();
  Message message = neighbour_request(RTM_GETNEIGH, 0, link, address, 0);
  std::optional<Neighbour> found;
  if (!message) return found;
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_neighbour, &found);
  // The answer is the entry and an acknowledgement, or an error alone: there is no such entry.
  if (nl_send_auto(socket, message.get()) >= 0 && nl_recvmsgs_default(socket) >= 0) nl_wait_for_ack(socket);
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  return found;
}

Result<> Netlink::pin_neighbour(int link, const IpAddress& address, const MacAddress& mac) {
  Message message = neighbour_request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, link, address, NUD_PERMANENT);
  if (!message) return nl_error("pin a neighbour", -NLE_NOMEM);
  nla_put(message.get(), NDA_LLADDR, static_cast<int>(mac.size()), mac.data());
  nla_put_u8(message.get(), NDA_PROTOCOL, address_protocol);
  if (const int code = nl_send_sync(impl_->socket.get(), message.release()); code < 0) {
    return nl_error(fmt::format("pin the neighbour entry of {}", address.to_string()), code);
  }
  return {};
}

Result<> Netlink::delete_neighbour(int link, const IpAddress& address) {
  Message message = neighbour_request(RTM_DELNEIGH, 0, link, address, 0);
  if (!message) return nl_error("remove a neighbour entry", -NLE_NOMEM);
  const int code = nl_send_sync(impl_->socket.get(), message.release());
  if (code < 0 && code != -NLE_OBJ_NOTFOUND && code != -NLE_NODEV) {
    return nl_error(fmt::format("remove the neighbour entry of {}", address.to_string()), code);
  }
  return {};
}

}  // namespace tandem::vrrp
