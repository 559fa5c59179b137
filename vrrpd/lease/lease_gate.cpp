#include "vrrpd/lease/lease_gate.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "vrrpd/core/filter_place.hpp"
#include "vrrpd/lease/lease_maps.h"
#include "vrrpd/lease/lease_object.hpp"

namespace tandem::vrrp {
namespace {

Error bpf_error(std::string what, int result) { return errno_error("kernel lease: " + std::move(what), -result); }

lease_address key_of(const IpAddress& address) {
  lease_address key{};
  if (address.is_v4()) {
    constexpr std::uint8_t mark[2] = {0xff, 0xff};
    std::memcpy(reinterpret_cast<std::uint8_t*>(key.words) + 10, mark, sizeof(mark));
    std::memcpy(&key.words[3], address.bytes().data(), 4);
  } else {
    std::memcpy(key.words, address.bytes().data(), 16);
  }
  return key;
}

std::uint32_t router_index(bool v6, std::uint8_t vrid) { return vrid + (v6 ? 256U : 0U); }

}  // namespace

struct LeaseGate::Impl {
  bpf_object* object = nullptr;
  int interface_index = 0;
  bool ingress = false;  // attached
  bool egress = false;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (ingress) detach(BPF_TC_INGRESS);
    if (egress) detach(BPF_TC_EGRESS);
    bpf_object__close(object);
  }

  [[nodiscard]] bpf_tc_hook hook(bpf_tc_attach_point point) const {
    bpf_tc_hook out{};
    out.sz = sizeof(out);
    out.ifindex = interface_index;
    out.attach_point = point;
    return out;
  }

  [[nodiscard]] int attach(bpf_tc_attach_point point, const char* program) const {
    bpf_tc_hook where = hook(point);
    bpf_tc_opts opts{};
    opts.sz = sizeof(opts);
    opts.prog_fd = bpf_program__fd(bpf_object__find_program_by_name(object, program));
    opts.flags = BPF_TC_F_REPLACE;
    opts.handle = lease_place;
    opts.priority = lease_place;
    return bpf_tc_attach(&where, &opts);
  }

  void detach(bpf_tc_attach_point point) const {
    bpf_tc_hook where = hook(point);
    bpf_tc_opts opts{};
    opts.sz = sizeof(opts);
    opts.handle = lease_place;
    opts.priority = lease_place;
    bpf_tc_detach(&where, &opts);
  }

  [[nodiscard]] int map(const char* name) const { return bpf_object__find_map_fd_by_name(object, name); }
};

LeaseGate::LeaseGate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LeaseGate::~LeaseGate() = default;

Result<std::unique_ptr<LeaseGate>> LeaseGate::attach(const std::string& interface, const LeaseTable& table) {
  libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });  // errors are ours to tell
  auto impl = std::make_unique<Impl>();
  impl->interface_index = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (impl->interface_index == 0) return errno_error("kernel lease: interface " + interface, errno);

  bpf_object_open_opts open_opts{};
  open_opts.sz = sizeof(open_opts);
  open_opts.object_name = "tandem_lease";
  impl->object = bpf_object__open_mem(lease_object.data(), lease_object.size(), &open_opts);
  if (impl->object == nullptr) return errno_error("kernel lease: open the programs", errno);
  bpf_map* leases = bpf_object__find_map_by_name(impl->object, "leases");
  if (const int result = bpf_map__reuse_fd(leases, table.fd()); result < 0) return bpf_error("share the map", result);
  if (const int result = bpf_object__load(impl->object); result < 0) return bpf_error("load the programs", result);

  if (const int result = impl->attach(BPF_TC_INGRESS, "lease_ingress"); result < 0) {
    return bpf_error("attach to the ingress of " + interface, result);
  }
  impl->ingress = true;
  if (const int result = impl->attach(BPF_TC_EGRESS, "lease_egress"); result < 0) {
    return bpf_error("attach to the egress of " + interface, result);
  }
  impl->egress = true;
  return std::unique_ptr<LeaseGate>(new LeaseGate(std::move(impl)));
}

Result<> LeaseGate::guard(bool v6, std::uint8_t vrid, std::span<const Prefix> addresses, std::uint32_t slot) {
  const std::uint32_t index = router_index(v6, vrid);
  const std::uint32_t entry = slot + 1;
  if (const int result = bpf_map_update_elem(impl_->map("routers"), &index, &entry, BPF_ANY); result < 0) {
    return bpf_error("VRID " + std::to_string(vrid), result);
  }
  for (const Prefix& prefix : addresses) {
    const lease_address key = key_of(prefix.address);
    if (const int result = bpf_map_update_elem(impl_->map("addresses"), &key, &slot, BPF_ANY); result < 0) {
      return bpf_error("guard " + prefix.address.to_string(), result);
    }
  }
  return {};
}

void LeaseGate::mute(bool v6, std::uint8_t vrid) {
  const std::uint32_t index = router_index(v6, vrid);
  const std::uint32_t entry = LEASE_MUTE;
  bpf_map_update_elem(impl_->map("routers"), &index, &entry, BPF_ANY);
}

void LeaseGate::unguard(bool v6, std::uint8_t vrid, std::span<const Prefix> addresses) {
  const std::uint32_t index = router_index(v6, vrid);
  const std::uint32_t none = 0;
  bpf_map_update_elem(impl_->map("routers"), &index, &none, BPF_ANY);
  for (const Prefix& prefix : addresses) {
    const lease_address key = key_of(prefix.address);
    bpf_map_delete_elem(impl_->map("addresses"), &key);
  }
}

}  // namespace tandem::vrrp
