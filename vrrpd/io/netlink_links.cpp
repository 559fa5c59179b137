// The part of the netlink adapter that makes and removes network devices.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>

#include <algorithm>

#include "vrrpd/io/netlink_impl.hpp"

namespace tandem::vrrp {
namespace {

// Where devices go to be removed together; nobody else uses it, and that is checked.
constexpr std::uint32_t removal_group = 0x7461;

Message link_request(int type, int flags, int link) {
  Message message(nlmsg_alloc_simple(type, flags));
  if (!message) return message;
  ifinfomsg body{};
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = link;
  nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO);
  return message;
}

int send_link_request(nl_sock* socket, Message message) {
  const int code = nl_send_sync(socket, message.release());
  return code == -NLE_NODEV || code == -NLE_OBJ_NOTFOUND ? 0 : code;
}

}  // namespace

Result<int> Netlink::create_macvlan(const std::string& name, int parent, const MacAddress& mac) {
  Message message = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
  if (!message) return nl_error("add a device", -NLE_NOMEM);
  nl_msg* raw = message.get();
  nla_put_string(raw, IFLA_IFNAME, name.c_str());
  nla_put_u32(raw, IFLA_LINK, static_cast<std::uint32_t>(parent));
  nla_put(raw, IFLA_ADDRESS, static_cast<int>(mac.size()), mac.data());
  nlattr* info = nla_nest_start(raw, IFLA_LINKINFO);
  nla_put_string(raw, IFLA_INFO_KIND, "macvlan");
  nlattr* data = nla_nest_start(raw, IFLA_INFO_DATA);
  nla_put_u32(raw, IFLA_MACVLAN_MODE, MACVLAN_MODE_VEPA);
  nla_nest_end(raw, data);
  nla_nest_end(raw, info);
  if (const int code = nl_send_sync(impl_->socket.get(), message.release()); code < 0) {
    return nl_error(fmt::format("add the macvlan device {}", name), code);
  }
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) return nl_error(fmt::format("find the new device {}", name), -NLE_NODEV);
  return static_cast<int>(index);
}

Result<> Netlink::enable_link(int link) {
  Message message(nlmsg_alloc_simple(RTM_NEWLINK, 0));
  if (!message) return nl_error("set a device up", -NLE_NOMEM);
  ifinfomsg body{};
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = link;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO);
  if (const int code = nl_send_sync(impl_->socket.get(), message.release()); code < 0) {
    return nl_error(fmt::format("set device {} up", link), code);
  }
  return {};
}

Result<> Netlink::delete_links(const std::vector<int>& links) {
  const auto present = this->links();
  if (!present) return present.error();
  const bool strangers = std::any_of(present->begin(), present->end(), [&links](const Link& link) {
    return link.group == removal_group && std::find(links.begin(), links.end(), link.index) == links.end();
  });
  nl_sock* socket = impl_->socket.get();
  int failure = 0;
  const auto send = [socket, &failure](Message message) {
    if (const int code = message ? send_link_request(socket, std::move(message)) : -NLE_NOMEM; code < 0) failure = code;
  };
  for (const int link : links) {
    Message message = link_request(strangers ? RTM_DELLINK : RTM_NEWLINK, 0, link);
    if (message && !strangers) nla_put_u32(message.get(), IFLA_GROUP, removal_group);
    send(std::move(message));
  }
  if (!strangers && failure == 0) {
    Message message = link_request(RTM_DELLINK, 0, 0);
    if (message) nla_put_u32(message.get(), IFLA_GROUP, removal_group);
    send(std::move(message));
  }
  if (failure < 0) return nl_error("remove devices of virtual MAC addresses", failure);
  return {};
}

}  // namespace tandem::vrrp
