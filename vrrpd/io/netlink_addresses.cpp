// The part of the netlink adapter that adds and removes addresses.
#include <fmt/core.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "vrrpd/io/netlink_impl.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::size_t most_together = 64;   // their refusals have room in the socket, all at once
constexpr std::size_t request_bytes = 128;  // is room enough
constexpr std::size_t answer_bytes = 4096;

Message address_request(int type, int flags, int link, const Prefix& prefix) {
  Message message(nlmsg_alloc_size(request_bytes));
  if (!message) return message;
  nlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags);
  ifaddrmsg body{};
  body.ifa_family = prefix.address.is_v4() ? AF_INET : AF_INET6;
  body.ifa_prefixlen = prefix.length;
  body.ifa_scope = RT_SCOPE_UNIVERSE;
  body.ifa_index = static_cast<std::uint32_t>(link);
  nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO);
  const auto bytes = prefix.address.bytes();
  nla_put(message.get(), IFA_LOCAL, static_cast<int>(bytes.size()), bytes.data());
  nla_put(message.get(), IFA_ADDRESS, static_cast<int>(bytes.size()), bytes.data());
  return message;
}

Message put_request(const AddressRequest& request) {
  Message message = address_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, request.link, request.prefix);
  if (!message) return message;
  const bool v6 = request.prefix.address.is_v6();
  nla_put_u32(message.get(), IFA_FLAGS,
              (request.options.no_prefix_route ? IFA_F_NOPREFIXROUTE : 0U) | (v6 ? IFA_F_NODAD : 0U));
  nla_put_u8(message.get(), IFA_PROTO, address_protocol);
  ifa_cacheinfo lifetime{};
  lifetime.ifa_valid =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(request.options.lifetime).count());
  lifetime.ifa_prefered = v6 ? 0 : lifetime.ifa_valid;
  nla_put(message.get(), IFA_CACHEINFO, sizeof(lifetime), &lifetime);
  return message;
}

// Requests that leave with one system call. The kernel carries them out one after the other, and answers those that it
// refuses and the last one.
class Batch {
 public:
  /// `first`: the sequence number of its first request.
  explicit Batch(std::uint32_t first) : first_(first) {}

  /// nullptr: there was no memory for it.
  void add(const Message& message) {
    failures_.push_back(message ? 0 : ENOMEM);
    if (!message) return;
    nlmsghdr* header = nlmsg_hdr(message.get());
    header->nlmsg_flags |= NLM_F_REQUEST;
    header->nlmsg_seq = first_ + static_cast<std::uint32_t>(failures_.size()) - 1;
    last_ = bytes_.size();
    const auto* begin = reinterpret_cast<const std::uint8_t*>(header);
    bytes_.insert(bytes_.end(), begin, begin + NLMSG_ALIGN(header->nlmsg_len));
  }

  /// 0 or an errno of each, in their order.
  const std::vector<int>& exchange(int fd) {
    if (bytes_.empty()) return failures_;
    auto* last = reinterpret_cast<nlmsghdr*>(bytes_.data() + last_);
    last->nlmsg_flags |= NLM_F_ACK;
    answered_ = false;
    int failure = ::send(fd, bytes_.data(), bytes_.size(), 0) < 0 ? errno : 0;
    while (failure == 0 && !answered_) failure = receive(fd, last->nlmsg_seq);
    if (failure != 0) std::replace(failures_.begin(), failures_.end(), 0, failure);
    return failures_;
  }

 private:
  int receive(int fd, std::uint32_t last) {
    alignas(nlmsghdr) std::array<std::uint8_t, answer_bytes> answer;
    const ssize_t received = ::recv(fd, answer.data(), answer.size(), 0);
    if (received < 0) return errno == EINTR ? 0 : errno;
    auto left = static_cast<unsigned>(received);
    for (auto* header = reinterpret_cast<nlmsghdr*>(answer.data()); NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr))) continue;
      const std::uint32_t index = header->nlmsg_seq - first_;
      if (index < failures_.size()) failures_[index] = -static_cast<const nlmsgerr*>(nlmsg_data(header))->error;
      answered_ = answered_ || header->nlmsg_seq == last;
    }
    return 0;
  }

  const std::uint32_t first_;
  std::vector<std::uint8_t> bytes_;
  std::size_t last_ = 0;  // where the last request begins
  std::vector<int> failures_;
  bool answered_ = false;
};

}  // namespace

std::vector<Result<>> Netlink::put_addresses(std::span<const AddressRequest> requests) {
  std::vector<Result<>> outcomes;
  outcomes.reserve(requests.size());
  while (!requests.empty()) {
    const auto together = requests.first(std::min(requests.size(), most_together));
    Batch batch(impl_->next_in_batch);
    for (const AddressRequest& request : together) batch.add(put_request(request));
    const std::vector<int>& failures = batch.exchange(nl_socket_get_fd(impl_->socket.get()));
    for (std::size_t i = 0; i < together.size(); ++i) {
      if (failures[i] == 0) outcomes.emplace_back();
      else outcomes.emplace_back(errno_error(fmt::format("add address {}", together[i].prefix.to_string()), failures[i]));
    }
    impl_->next_in_batch += static_cast<std::uint32_t>(together.size());
    requests = requests.subspan(together.size());
  }
  return outcomes;
}

Result<> Netlink::put_address(const AddressRequest& request) { return put_addresses({&request, 1}).front(); }

Result<> Netlink::delete_address(int link, const Prefix& prefix) {
  Message message = address_request(RTM_DELADDR, 0, link, prefix);
  if (!message) return nl_error("remove an address", -NLE_NOMEM);
  const int code = nl_send_sync(impl_->socket.get(), message.release());
  if (code < 0 && code != -NLE_NOADDR && code != -NLE_NODEV) {
    return nl_error(fmt::format("remove address {}", prefix.to_string()), code);
  }
  return {};
}

}  // namespace tandem::vrrp
