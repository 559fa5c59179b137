// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Hand-over relay: the new owner of an address passes the old owner's connections on to it.
//
// tc ingress of the LAN interface. For a grace time after a planned move (map `relays`, by floating
// address), a TCP segment that is not a connection attempt and belongs to no socket here is sent on,
// unchanged but for the MAC addresses and the TTL, to the node that gave the address up. That node still
// has the connection, and answers the client directly. New connections never take the detour.
//
// The MAC address of the peer is learned from its adverts (protocol 112; those with a virtual MAC address do not count), so nothing else needs to
// know it. A segment that comes from the peer is never sent back to it: no loops.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "vrrpd/handover/relay_maps.h"

#define IP_FRAGMENT_BITS 0x3fff  // more-fragments flag and offset
#define PROTOCOL_VRRP 112
#define STATE_LISTEN 10          // enum in <net/tcp_states.h>, part of the BPF interface (BPF_TCP_LISTEN)

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, RELAY_MAX_ADDRESSES);
  __type(key, __u32);  // floating address, network order
  __type(value, struct relay);
} relays SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);  // sender of adverts, network order
  __type(value, struct peer_mac);
} peers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} relayed SEC(".maps");  // segments passed on

static __always_inline int same_mac(const __u8 *a, const __u8 *b) {
  int different = 0;
  for (int i = 0; i < ETH_ALEN; i++) different |= a[i] ^ b[i];
  return !different;
}

// RFC 9568 7.3. It moves with the address: who is behind it says nothing of where the peer is.
static __always_inline int is_virtual_mac(const __u8 *mac) {
  return mac[0] == 0x00 && mac[1] == 0x00 && mac[2] == 0x5e && mac[3] == 0x00 && (mac[4] == 1 || mac[4] == 2);
}

// Linux 6.1 takes a narrow store at a multiple of 8 for a spilled register, and refuses the next store beside it to a
// loader without CAP_PERFMON ("attempt to corrupt spilled pointer"): so the odd halves are stored first.
#define IN_THIS_ORDER() __asm__ volatile("" ::: "memory")

static __always_inline int belongs_here(struct __sk_buff *skb, const struct iphdr *ip, const struct tcphdr *tcp) {
  struct bpf_sock_tuple tuple = {};
  tuple.ipv4.daddr = ip->daddr;
  tuple.ipv4.dport = tcp->dest;
  IN_THIS_ORDER();
  tuple.ipv4.saddr = ip->saddr;
  tuple.ipv4.sport = tcp->source;
  struct bpf_sock *socket = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
  if (!socket) return 0;
  const int listening = socket->state == STATE_LISTEN;
  bpf_sk_release(socket);
  return !listening;
}

SEC("tc")
int handover_relay(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data;
  void *end = (void *)(long)skb->data_end;
  struct ethhdr *eth = data;
  struct iphdr *ip = (void *)(eth + 1);
  if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return TC_ACT_OK;

  if (ip->protocol == PROTOCOL_VRRP) {
    if (is_virtual_mac(eth->h_source)) return TC_ACT_OK;
    struct peer_mac learned = {};
    const __u32 sender = ip->saddr;
    __builtin_memcpy(learned.address, eth->h_source, ETH_ALEN);
    bpf_map_update_elem(&peers, &sender, &learned, BPF_ANY);
    return TC_ACT_OK;
  }
  if (ip->protocol != IPPROTO_TCP || ip->ihl != 5 || (ip->frag_off & bpf_htons(IP_FRAGMENT_BITS))) return TC_ACT_OK;

  const __u32 address = ip->daddr;
  const struct relay *relay = bpf_map_lookup_elem(&relays, &address);
  if (!relay || bpf_ktime_get_ns() > relay->until_ns) return TC_ACT_OK;

  struct tcphdr *tcp = (void *)(ip + 1);
  if ((void *)(tcp + 1) > end || (tcp->syn && !tcp->ack) || ip->ttl <= 1) return TC_ACT_OK;
  if (belongs_here(skb, ip, tcp)) return TC_ACT_OK;

  const __u32 peer_address = relay->peer;
  const struct peer_mac *peer = bpf_map_lookup_elem(&peers, &peer_address);
  if (!peer) return TC_ACT_SHOT;  // a peer with a virtual MAC address is about to say where it is: rather lost than reset
  if (same_mac(peer->address, eth->h_source)) return TC_ACT_OK;

  // TTL one down; the header checksum follows incrementally (RFC 1624): the TTL is the high byte of its word.
  __u32 sum = ip->check;
  sum += bpf_htons(0x0100);
  ip->check = (__u16)(sum + (sum >= 0xffff));
  ip->ttl--;
  __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
  __builtin_memcpy(eth->h_dest, peer->address, ETH_ALEN);

  const __u32 only = 0;
  __u64 *count = bpf_map_lookup_elem(&relayed, &only);
  if (count) (*count)++;
  return (int)bpf_redirect(skb->ifindex, 0);
}

char license_text[] SEC("license") = "Dual MIT/GPL";  // bpf_skc_lookup_tcp asks for a GPL-compatible one
