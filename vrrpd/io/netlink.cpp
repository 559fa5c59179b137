#include "vrrpd/io/netlink.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "vrrpd/io/netlink_impl.hpp"

namespace tandem::vrrp {
namespace {

constexpr int monitor_buffer_bytes = 1 << 20;

// "macvlan", "veth"; empty for a device of hardware.
std::string_view kind_of(nlmsghdr* header) {
  nlattr* info = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_LINKINFO);
  const nlattr* kind = info == nullptr ? nullptr : nla_find(static_cast<nlattr*>(nla_data(info)), nla_len(info), IFLA_INFO_KIND);
  return kind == nullptr ? std::string_view() : std::string_view(nla_get_string(kind));
}

Link to_link(nlmsghdr* header) {
  const auto* info = static_cast<const ifinfomsg*>(nlmsg_data(header));
  Link link;
  link.index = info->ifi_index;
  link.up = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_LOWER_UP) != 0;
  if (const nlattr* name = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_IFNAME)) link.name = nla_get_string(name);
  link.enabled = (info->ifi_flags & IFF_UP) != 0;
  link.macvlan = kind_of(header) == "macvlan";
  if (const nlattr* parent = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_LINK)) link.parent = nla_get_s32(parent);
  if (const nlattr* group = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_GROUP)) link.group = nla_get_u32(group);
  const nlattr* mac = nlmsg_find_attr(header, sizeof(ifinfomsg), IFLA_ADDRESS);
  if (mac != nullptr && info->ifi_type == ARPHRD_ETHER && nla_len(mac) == static_cast<int>(link.mac.size())) {
    link.ethernet = (info->ifi_flags & IFF_NOARP) == 0;
    std::memcpy(link.mac.data(), nla_data(mac), link.mac.size());
  }
  return link;
}

IpAddress to_ip_address(const nlattr& attribute) {
  const auto read = [&attribute](auto bytes) {
    std::memcpy(bytes.data(), nla_data(&attribute), bytes.size());
    return bytes;
  };
  switch (nla_len(&attribute)) {
    case 4: return IpAddress::v4(read(std::array<std::uint8_t, 4>{}));
    case 16: return IpAddress::v6(read(std::array<std::uint8_t, 16>{}));
    default: return {};
  }
}

HostAddress to_address(nlmsghdr* header) {
  const auto* info = static_cast<const ifaddrmsg*>(nlmsg_data(header));
  HostAddress address;
  address.link = static_cast<int>(info->ifa_index);
  address.prefix.length = info->ifa_prefixlen;
  const nlattr* local = nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_LOCAL);
  if (local == nullptr) local = nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_ADDRESS);  // IPv6
  if (local != nullptr) address.prefix.address = to_ip_address(*local);
  address.tentative = (info->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
  if (const nlattr* protocol = nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_PROTO)) {
    address.protocol = nla_get_u8(protocol);
  }
  return address;
}

// Each second the kernel tells of each floating address that it has a new lifetime: no change, and nothing to wake up for.
Result<> ignore_renewals(nl_sock* socket) {
  constexpr auto attributes = static_cast<unsigned>(NLMSG_HDRLEN) + NLMSG_ALIGN(sizeof(ifaddrmsg));
  constexpr auto find_attribute = static_cast<unsigned>(SKF_AD_OFF) + SKF_AD_NLATTR;  // 0: there is none
  constexpr unsigned whole = ~0U;
  std::array<sock_filter, 11> program = {{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWADDR), 0, 7),  // it loads in network order
      BPF_STMT(BPF_LDX | BPF_IMM, IFA_PROTO),
      BPF_STMT(BPF_LD | BPF_IMM, attributes),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, find_attribute),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, static_cast<unsigned>(NLA_HDRLEN)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, address_protocol, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, whole),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0) return {};
  return errno_error("filter the notifications of the kernel", errno);
}

template <class Item>
struct Dump {
  std::vector<Item> items;
  int type;                   // of the messages that are meant
  std::size_t header_bytes;   // of a complete one
  Item (*convert)(nlmsghdr*);
};

template <class Item>
int collect(nl_msg* message, void* argument) {
  auto& dump = *static_cast<Dump<Item>*>(argument);
  nlmsghdr* header = nlmsg_hdr(message);
  if (header->nlmsg_type == dump.type && nlmsg_valid_hdr(header, static_cast<int>(dump.header_bytes)) != 0) {
    dump.items.push_back(dump.convert(header));
  }
  return NL_OK;
}

template <class Item>
Result<std::vector<Item>> run_dump(nl_sock* socket, int request, Dump<Item> dump, const char* what) {
  // A table that changes while it is dumped is dumped again.
  for (int attempt = 0; attempt < 5; ++attempt) {
    dump.items.clear();
    rtgenmsg body{};
    body.rtgen_family = AF_UNSPEC;
    int code = nl_send_simple(socket, request, NLM_F_DUMP, &body, sizeof(body));
    if (code < 0) return nl_error(what, code);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, collect<Item>, &dump);
    code = nl_recvmsgs_default(socket);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
    if (code == -NLE_DUMP_INTR) continue;
    if (code < 0) return nl_error(what, code);
    return std::move(dump.items);
  }
  return nl_error(what, -NLE_DUMP_INTR);
}

}  // namespace

Result<Socket> connect_route() {
  Socket socket(nl_socket_alloc());
  if (!socket) return nl_error("open a netlink socket", -NLE_NOMEM);
  if (const int code = nl_connect(socket.get(), NETLINK_ROUTE); code < 0) {
    return nl_error("open a netlink socket", code);
  }
  return socket;
}

Netlink::Netlink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Netlink::Netlink(Netlink&&) noexcept = default;
Netlink& Netlink::operator=(Netlink&&) noexcept = default;
Netlink::~Netlink() = default;

Result<Netlink> Netlink::open() {
  auto socket = connect_route();
  if (!socket) return socket.error();
  return Netlink(std::make_unique<Impl>(Impl{.socket = std::move(*socket)}));
}

Result<std::vector<Link>> Netlink::links() {
  return run_dump<Link>(impl_->socket.get(), RTM_GETLINK, {{}, RTM_NEWLINK, sizeof(ifinfomsg), to_link},
                        "list the network interfaces");
}

Result<std::vector<HostAddress>> Netlink::addresses() {
  return run_dump<HostAddress>(impl_->socket.get(), RTM_GETADDR, {{}, RTM_NEWADDR, sizeof(ifaddrmsg), to_address},
                               "list the addresses");
}

struct NetlinkMonitor::Impl {
  Socket socket;
  Callbacks callbacks;
  bool saw_change = false;

  static int on_message(nl_msg* message, void* argument) {
    auto& self = *static_cast<Impl*>(argument);
    nlmsghdr* header = nlmsg_hdr(message);
    if (header->nlmsg_type == RTM_NEWROUTE || header->nlmsg_type == RTM_DELROUTE) {
      if (const auto route = main_route(header)) self.callbacks.route_changed(route->prefix);
      return NL_OK;
    }
    self.saw_change = true;
    if (header->nlmsg_type == RTM_DELADDR && nlmsg_valid_hdr(header, sizeof(ifaddrmsg)) != 0) {
      self.callbacks.address_removed(to_address(header));
    }
    return NL_OK;
  }
};

NetlinkMonitor::NetlinkMonitor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NetlinkMonitor::NetlinkMonitor(NetlinkMonitor&&) noexcept = default;
NetlinkMonitor& NetlinkMonitor::operator=(NetlinkMonitor&&) noexcept = default;
NetlinkMonitor::~NetlinkMonitor() = default;

Result<NetlinkMonitor> NetlinkMonitor::open(Callbacks callbacks) {
  auto socket = connect_route();
  if (!socket) return socket.error();
  nl_sock* raw = socket->get();
  nl_socket_disable_seq_check(raw);
  nl_socket_set_buffer_size(raw, monitor_buffer_bytes, 0);
  if (auto filtered = ignore_renewals(raw); !filtered) return filtered.error();
  if (int code = nl_socket_add_memberships(raw, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0); code < 0) {
    return nl_error("subscribe to changes of interfaces and addresses", code);
  }
  if (int code = nl_socket_set_nonblocking(raw); code < 0) return nl_error("make a netlink socket non-blocking", code);
  auto impl = std::make_unique<Impl>();
  impl->socket = std::move(*socket);
  impl->callbacks = std::move(callbacks);
  nl_socket_modify_cb(raw, NL_CB_VALID, NL_CB_CUSTOM, Impl::on_message, impl.get());
  return NetlinkMonitor(std::move(impl));
}

int NetlinkMonitor::fd() const { return nl_socket_get_fd(impl_->socket.get()); }

Result<> NetlinkMonitor::watch_routes() {
  const int code = nl_socket_add_memberships(impl_->socket.get(), RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
  if (code < 0) return nl_error("subscribe to changes of routes", code);
  return {};
}

void NetlinkMonitor::receive() {
  impl_->saw_change = false;
  int code = 0;
  // Bounded: a storm of changes must not starve the adverts.
  for (int batch = 0; batch < 64 && code >= 0; ++batch) code = nl_recvmsgs_default(impl_->socket.get());
  if (code < 0 && code != -NLE_AGAIN) {
    impl_->callbacks.overrun();
  } else if (impl_->saw_change) {
    impl_->callbacks.changed();
  }
}

}  // namespace tandem::vrrp
