// The part of the netlink adapter that looks after neighbour entries (ARP, ND).
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include <algorithm>
#include <array>
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

struct Questions {
  int link = 0;
  Duration age{};
  std::vector<IpAddress> found;
};

int take_question(nl_msg* message, void* argument) {
  using Ticks = std::chrono::duration<std::int64_t, std::centi>;  // USER_HZ
  auto& questions = *static_cast<Questions*>(argument);
  nlmsghdr* header = nlmsg_hdr(message);
  if (header->nlmsg_type != RTM_NEWNEIGH || nlmsg_valid_hdr(header, sizeof(ndmsg)) == 0) return NL_OK;
  const auto* body = static_cast<const ndmsg*>(nlmsg_data(header));
  const nlattr* address = nlmsg_find_attr(header, sizeof(ndmsg), NDA_DST);
  const nlattr* times = nlmsg_find_attr(header, sizeof(ndmsg), NDA_CACHEINFO);
  if (body->ndm_ifindex != questions.link || (body->ndm_state & NUD_INCOMPLETE) == 0) return NL_OK;
  if (address == nullptr || times == nullptr || nla_len(times) < static_cast<int>(sizeof(nda_cacheinfo))) return NL_OK;
  const auto* cache = static_cast<const nda_cacheinfo*>(nla_data(times));
  if (Ticks(cache->ndm_updated) < questions.age) return NL_OK;
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), nla_data(address), std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(nla_len(address))));
  questions.found.push_back(body->ndm_family == AF_INET6 ? IpAddress::v6(bytes)
                                                         : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}));
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

Result<> Netlink::forget_questions(int link, Duration age) {
  nl_sock* socket = impl_->socket.get();
  constexpr const char* what = "list the neighbours";
  Message message(nlmsg_alloc_simple(RTM_GETNEIGH, NLM_F_DUMP));
  if (!message) return nl_error(what, -NLE_NOMEM);
  ndmsg body{};
  nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO);
  nla_put_u32(message.get(), NDA_IFINDEX, static_cast<std::uint32_t>(link));
  Questions questions{link, age, {}};
  if (const int code = nl_send_auto(socket, message.get()); code < 0) return nl_error(what, code);
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_question, &questions);
  const int code = nl_recvmsgs_default(socket);
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  // A table that changed meanwhile was read nearly whole.
  if (code < 0 && code != -NLE_DUMP_INTR) return nl_error(what, code);
  for (const IpAddress& address : questions.found) {
    if (auto deleted = delete_neighbour(link, address); !deleted) return deleted;
  }
  return {};
}

}  // namespace tandem::vrrp
