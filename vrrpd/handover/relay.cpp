#include "vrrpd/handover/relay.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "vrrpd/core/filter_place.hpp"
#include "vrrpd/handover/relay_maps.h"
#include "vrrpd/handover/relay_object.hpp"

namespace tandem::vrrp {
namespace {

std::uint32_t network_order(const IpAddress& address) {
  std::uint32_t value = 0;
  std::memcpy(&value, address.bytes().data(), sizeof(value));
  return value;
}

Error bpf_error(std::string what, int result) { return errno_error("hand-over relay: " + std::move(what), -result); }

}  // namespace

struct HandoverRelay::Impl {
  bpf_object* object = nullptr;
  bpf_tc_hook hook{};
  bool attached = false;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (attached) {
      bpf_tc_opts opts{};
      opts.sz = sizeof(opts);
      opts.handle = relay_place;
      opts.priority = relay_place;
      bpf_tc_detach(&hook, &opts);
    }
    bpf_object__close(object);
  }

  [[nodiscard]] int map(const char* name) const { return bpf_object__find_map_fd_by_name(object, name); }
};

HandoverRelay::HandoverRelay(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HandoverRelay::~HandoverRelay() = default;

Result<std::unique_ptr<HandoverRelay>> HandoverRelay::attach(const std::string& interface) {
  libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });  // errors are ours to tell
  auto impl = std::make_unique<Impl>();
  impl->hook.sz = sizeof(impl->hook);
  impl->hook.ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  impl->hook.attach_point = BPF_TC_INGRESS;
  if (impl->hook.ifindex == 0) return errno_error("hand-over relay: interface " + interface, errno);

  bpf_object_open_opts open_opts{};
  open_opts.sz = sizeof(open_opts);
  open_opts.object_name = "tandem_relay";
  impl->object = bpf_object__open_mem(relay_object.data(), relay_object.size(), &open_opts);
  if (impl->object == nullptr) return errno_error("hand-over relay: open the program", errno);
  if (const int result = bpf_object__load(impl->object); result < 0) return bpf_error("load the program", result);

  bpf_tc_opts opts{};
  opts.sz = sizeof(opts);
  opts.prog_fd = bpf_program__fd(bpf_object__find_program_by_name(impl->object, "handover_relay"));
  opts.flags = BPF_TC_F_REPLACE;
  opts.handle = relay_place;
  opts.priority = relay_place;
  if (const int result = bpf_tc_attach(&impl->hook, &opts); result < 0) return bpf_error("attach to " + interface, result);
  impl->attached = true;
  return std::unique_ptr<HandoverRelay>(new HandoverRelay(std::move(impl)));
}

Result<> HandoverRelay::forward(const IpAddress& address, const IpAddress& peer, TimePoint until) {
  if (!address.is_v4() || !peer.is_v4()) return Error{"hand-over relay: IPv4 only"};
  const std::uint32_t key = network_order(address);
  relay value{};
  value.until_ns = static_cast<std::uint64_t>(until.time_since_epoch().count());
  value.peer = network_order(peer);
  if (const int result = bpf_map_update_elem(impl_->map("relays"), &key, &value, BPF_ANY); result < 0) {
    return bpf_error("set " + address.to_string(), result);
  }
  return {};
}

void HandoverRelay::stop(const IpAddress& address) {
  if (!address.is_v4()) return;
  const std::uint32_t key = network_order(address);
  bpf_map_delete_elem(impl_->map("relays"), &key);
}

std::uint64_t HandoverRelay::relayed() const {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return 0;
  std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(cpus));
  const std::uint32_t key = 0;
  if (bpf_map_lookup_elem(impl_->map("relayed"), &key, per_cpu.data()) < 0) return 0;
  return std::accumulate(per_cpu.begin(), per_cpu.end(), std::uint64_t{0});
}

}  // namespace tandem::vrrp
