/* What the relay program and its loader share: the values of its maps. C, for both compilers. */
#pragma once

#include <linux/types.h>

#define RELAY_MAX_ADDRESSES 256

/* By floating address: who had it, and until when its connections are passed on (CLOCK_MONOTONIC). */
struct relay {
  __u64 until_ns;
  __u32 peer; /* the address that the peer's adverts come from, network order */
  __u32 padding;
};

struct peer_mac {
  __u8 address[6];
  __u8 padding[2];
};
