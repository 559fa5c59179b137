// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The lease on the floating addresses: a node whose vrrpd does not send adverts any more falls silent.
//
// tc ingress and egress of a LAN interface. The egress program sees each advert (protocol 112) that leaves and
// prolongs the lease of its virtual router; an advert that leaves after the lease is over is a stale one, and is
// dropped. Both programs drop what concerns an address whose lease is over: packets to it and from it, ARP and
// neighbour advertisements that claim it; with a virtual MAC address also all other frames that would leave with it, for
// they would lead the switches here. While another node is Active nothing leaves with that address or is accepted for it
// (RFC 9568 6.4.2). Nothing in user space takes part: a daemon that is frozen, starved or
// dead cannot keep this node answering, and one that wakes up too late cannot say anything before it has noticed.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "vrrpd/lease/lease_maps.h"

#define PROTOCOL_VRRP 112
#define PROTOCOL_ICMPV6 58
#define ICMPV6_NEIGHBOUR_ADVERTISEMENT 136
#define ARP_SENDER_OFFSET 14  // of the sender's IPv4 address in an ARP message
#define NA_TARGET_OFFSET 8    // of the target in a neighbour advertisement

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, LEASE_SLOTS);
  __type(key, __u32);
  __type(value, struct lease);
} leases SEC(".maps");  // one for all interfaces: the loader puts its own in this place

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, LEASE_MAX_ADDRESSES);
  __type(key, struct lease_address);
  __type(value, __u32);
} addresses SEC(".maps");  // to its slot in `leases`

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, LEASE_ROUTERS);
  __type(key, __u32);
  __type(value, __u32);
} routers SEC(".maps");  // to 1 + its slot in `leases`; 0: none, or LEASE_MUTE

static __always_inline struct lease_address mapped(__u32 v4) {
  struct lease_address address = {{0, 0, bpf_htonl(0xffff), v4}};
  return address;
}

// TC_ACT_SHOT if the address is guarded and its lease is over, else TC_ACT_UNSPEC: the next filter decides.
static __always_inline int judge(const struct lease_address *address) {
  const __u32 *slot = bpf_map_lookup_elem(&addresses, address);
  if (!slot) return TC_ACT_UNSPEC;
  const __u32 at = *slot;
  struct lease *lease = bpf_map_lookup_elem(&leases, &at);
  if (!lease || bpf_ktime_get_boot_ns() < lease->until_ns) return TC_ACT_UNSPEC;
  if (bpf_ktime_get_ns() >= lease->forgotten_ns) return TC_ACT_UNSPEC;
  __sync_fetch_and_add(&lease->silenced, 1);
  return TC_ACT_SHOT;
}

// A key of 4 bytes that fills 8 bytes of the stack. Linux 6.1 takes a narrow store for a spilled register, and refuses
// to a loader without CAP_PERFMON the next narrow store into the same 8 bytes, which the compiler uses again and again.
static __always_inline __u64 wide_key(__u32 key) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return key;
#else
  return (__u64)key << 32;
#endif
}

// Last of all in both programs, because of its wide keys. A frame from or to this MAC address, which may be a virtual one of ours (RFC 9568 7.3).
static __always_inline int judge_mac(const __u8 *mac) {
  if (mac[0] != 0x00 || mac[1] != 0x00 || mac[2] != 0x5e || mac[3] != 0x00) return TC_ACT_UNSPEC;
  if (mac[4] != 1 && mac[4] != 2) return TC_ACT_UNSPEC;
  const __u64 index = wide_key(mac[5] + (mac[4] == 2 ? 256U : 0U));
  const __u32 *slot = bpf_map_lookup_elem(&routers, &index);
  if (!slot || *slot == 0) return TC_ACT_UNSPEC;
  if (*slot == LEASE_MUTE) return TC_ACT_SHOT;
  const __u64 at = wide_key(*slot - 1);
  struct lease *lease = bpf_map_lookup_elem(&leases, &at);
  if (!lease) return TC_ACT_UNSPEC;
  // Before the first advert too: the listener reports for new IPv6 addresses, without which a switch passes on nothing.
  const __u64 now = bpf_ktime_get_boot_ns();
  if (now < lease->until_ns || now < lease->first_by_ns || bpf_ktime_get_ns() >= lease->forgotten_ns) {
    return TC_ACT_UNSPEC;
  }
  __sync_fetch_and_add(&lease->silenced, 1);
  return TC_ACT_SHOT;
}

// An advert of this node; `index` of its virtual router in `routers`.
static __always_inline int own_advert(__u32 index, __u8 priority) {
  const __u32 *slot = bpf_map_lookup_elem(&routers, &index);
  if (!slot || *slot == 0) return TC_ACT_UNSPEC;
  const __u32 at = *slot - 1;
  struct lease *lease = bpf_map_lookup_elem(&leases, &at);
  if (!lease) return TC_ACT_UNSPEC;
  const __u64 now = bpf_ktime_get_boot_ns();
  if (lease->length_ns == 0 || (now >= lease->until_ns && now >= lease->first_by_ns)) {
    if (priority == 0) return TC_ACT_UNSPEC;  // to leave is never wrong
    __sync_fetch_and_add(&lease->silenced, 1);
    return TC_ACT_SHOT;
  }
  // Each is read for itself: a pointer that depended on the choice would need CAP_PERFMON.
  const __u64 length = *(const volatile __u64 *)&lease->length_ns;
  const __u64 farewell = *(const volatile __u64 *)&lease->farewell_ns;
  const __u64 granted = priority ? length : farewell;
  lease->until_ns = now + granted;
  lease->forgotten_ns = bpf_ktime_get_ns() + granted + LEASE_AFTERMATH_NS;
  return TC_ACT_UNSPEC;
}

// `offset`: of the VRRP message.
static __always_inline int see_advert(struct __sk_buff *skb, __u32 offset, __u32 base) {
  __u8 head[4];  // version and type, VRID, priority, count
  if (bpf_skb_load_bytes(skb, offset, head, sizeof(head)) < 0 || (head[0] & 0x0f) != 1) return TC_ACT_UNSPEC;
  return own_advert(base + head[1], head[2]);
}

static __always_inline int judge_target(struct __sk_buff *skb) {
  struct lease_address target;
  if (skb->protocol == bpf_htons(ETH_P_IP)) {
    __u32 destination;
    if (bpf_skb_load_bytes(skb, ETH_HLEN + 16, &destination, sizeof(destination)) < 0) return TC_ACT_UNSPEC;
    target = mapped(destination);
  } else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
    if (bpf_skb_load_bytes(skb, ETH_HLEN + 24, &target, sizeof(target)) < 0) return TC_ACT_UNSPEC;
  } else {
    return TC_ACT_UNSPEC;
  }
  return judge(&target);
}

SEC("tc")
int lease_ingress(struct __sk_buff *skb) {
  if (judge_target(skb) != TC_ACT_UNSPEC) return TC_ACT_SHOT;
  const __u8 *macs = (void *)(long)skb->data;
  return macs + ETH_HLEN <= (__u8 *)(long)skb->data_end ? judge_mac(macs) : TC_ACT_UNSPEC;
}

static __always_inline int egress_v4(struct __sk_buff *skb) {
  struct iphdr ip;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) < 0) return TC_ACT_UNSPEC;
  if (ip.protocol == PROTOCOL_VRRP) return see_advert(skb, ETH_HLEN + ip.ihl * 4, 0);
  const struct lease_address source = mapped(ip.saddr);
  return judge(&source);
}

static __always_inline int egress_v6(struct __sk_buff *skb) {
  struct ipv6hdr ip;
  struct lease_address claimed;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) < 0) return TC_ACT_UNSPEC;
  if (ip.nexthdr == PROTOCOL_VRRP) return see_advert(skb, ETH_HLEN + sizeof(ip), 256);
  __builtin_memcpy(&claimed, &ip.saddr, sizeof(claimed));
  if (ip.nexthdr == PROTOCOL_ICMPV6) {
    // Also an advertisement that is sent from another address of this host claims its target.
    __u8 type;
    const __u32 offset = ETH_HLEN + sizeof(ip);
    if (bpf_skb_load_bytes(skb, offset, &type, sizeof(type)) < 0) return TC_ACT_UNSPEC;
    if (type == ICMPV6_NEIGHBOUR_ADVERTISEMENT &&
        bpf_skb_load_bytes(skb, offset + NA_TARGET_OFFSET, &claimed, sizeof(claimed)) < 0) {
      return TC_ACT_UNSPEC;
    }
  }
  return judge(&claimed);
}

static __always_inline int egress_arp(struct __sk_buff *skb) {
  __u32 sender;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + ARP_SENDER_OFFSET, &sender, sizeof(sender)) < 0) return TC_ACT_UNSPEC;
  const struct lease_address claimed = mapped(sender);
  return judge(&claimed);
}

SEC("tc")
int lease_egress(struct __sk_buff *skb) {
  int verdict = TC_ACT_UNSPEC;
  if (skb->protocol == bpf_htons(ETH_P_IP)) verdict = egress_v4(skb);
  else if (skb->protocol == bpf_htons(ETH_P_IPV6)) verdict = egress_v6(skb);
  else if (skb->protocol == bpf_htons(ETH_P_ARP)) verdict = egress_arp(skb);
  if (verdict != TC_ACT_UNSPEC) return verdict;
  // After the adverts, the first of which opens the lease.
  const __u8 *macs = (void *)(long)skb->data;
  return macs + ETH_HLEN <= (__u8 *)(long)skb->data_end ? judge_mac(macs + ETH_ALEN) : TC_ACT_UNSPEC;
}


char license_text[] SEC("license") = "Dual MIT/GPL";
