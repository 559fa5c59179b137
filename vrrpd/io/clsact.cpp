#include "vrrpd/io/clsact.hpp"

#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "vrrpd/core/filter_place.hpp"
#include "vrrpd/io/netlink_impl.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::uint32_t qdisc_handle = TC_H_MAKE(TC_H_CLSACT, 0U);
constexpr std::uint32_t ingress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
constexpr std::uint32_t egress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);

struct Program {
  std::uint32_t direction;
  std::uint32_t place;
};
constexpr std::array programs = {Program{ingress, lease_place}, Program{egress, lease_place}, Program{ingress, relay_place}};

// Holds the index of the link: one of the same name that came later is another one.
std::string note_of(const Link& link, const std::string& run_dir) { return run_dir + "/vrrpd.clsact." + link.name; }

bool noted(const Link& link, const std::string& run_dir) {
  int index = 0;
  return std::ifstream(note_of(link, run_dir)) >> index && index == link.index;
}

Message request(int type, int flags, const tcmsg& body, const char* kind) {
  Message message(nlmsg_alloc_simple(type, flags));
  if (!message) return message;
  nlmsg_append(message.get(), const_cast<tcmsg*>(&body), sizeof(body), NLMSG_ALIGNTO);
  nla_put_string(message.get(), TCA_KIND, kind);
  return message;
}

int send(nl_sock* socket, Message message) {
  return message ? nl_send_sync(socket, message.release()) : -NLE_NOMEM;
}

tcmsg qdisc_of(const Link& link) {
  tcmsg body{};
  body.tcm_family = AF_UNSPEC;
  body.tcm_ifindex = link.index;
  body.tcm_handle = qdisc_handle;
  body.tcm_parent = TC_H_CLSACT;
  return body;
}

// 1: it is gone; 0: it was not there, or there is no qdisc at all; else an error.
int detach(nl_sock* socket, const Link& link, const Program& program) {
  tcmsg body{};
  body.tcm_family = AF_UNSPEC;
  body.tcm_ifindex = link.index;
  body.tcm_handle = program.place;
  body.tcm_parent = program.direction;
  body.tcm_info = TC_H_MAKE(program.place << 16U, htons(ETH_P_ALL));
  const int code = send(socket, request(RTM_DELTFILTER, 0, body, "bpf"));
  if (code == -NLE_OBJ_NOTFOUND || code == -NLE_INVAL || code == -NLE_NODEV) return 0;
  return code < 0 ? code : 1;
}

int take_filter(nl_msg* message, void* found) {
  if (nlmsg_hdr(message)->nlmsg_type == RTM_NEWTFILTER) *static_cast<bool*>(found) = true;
  return NL_OK;
}

// True also if the kernel does not say: then it is left alone.
bool in_use(nl_sock* socket, const Link& link) {
  bool found = false;
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_filter, &found);
  for (const std::uint32_t direction : {ingress, egress}) {
    tcmsg body{};
    body.tcm_family = AF_UNSPEC;
    body.tcm_ifindex = link.index;
    body.tcm_parent = direction;
    const bool asked = nl_send_simple(socket, RTM_GETTFILTER, NLM_F_DUMP, &body, sizeof(body)) >= 0;
    if (!asked || nl_recvmsgs_default(socket) < 0) found = true;
  }
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  return found;
}

int remove_qdisc(nl_sock* socket, const Link& link) {
  const int code = send(socket, request(RTM_DELQDISC, 0, qdisc_of(link), "clsact"));
  return code == -NLE_OBJ_NOTFOUND || code == -NLE_INVAL || code == -NLE_NODEV ? 0 : code;
}

}  // namespace

Result<> make_clsact(const Link& link, const std::string& run_dir) {
  auto socket = connect_route();
  if (!socket) return socket.error();
  const int code = send(socket->get(), request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, qdisc_of(link), "clsact"));
  if (code == -NLE_EXIST) return {};
  if (code < 0) return nl_error("make the qdisc clsact on " + link.name + " (without it: no kernel lease, no hand-over relay)", code);
  const std::string note = note_of(link, run_dir);
  if (std::ofstream file(note); !(file << link.index << '\n' << std::flush)) return errno_error("write " + note, errno);
  return {};
}

Result<std::size_t> remove_filters(const std::vector<Link>& links, const std::string& run_dir) {
  auto socket = connect_route();
  if (!socket) return socket.error();
  std::size_t detached = 0;
  for (const Link& link : links) {
    for (const Program& program : programs) {
      const int code = detach(socket->get(), link, program);
      if (code < 0) return nl_error("detach a filter from " + link.name, code);
      detached += static_cast<std::size_t>(code);
    }
    if (!noted(link, run_dir) || in_use(socket->get(), link)) continue;
    if (const int code = remove_qdisc(socket->get(), link); code < 0) return nl_error("remove clsact from " + link.name, code);
    ::unlink(note_of(link, run_dir).c_str());
  }
  return detached;
}

}  // namespace tandem::vrrp
