/* What the lease programs, their loader and the guard share: the values of their maps. C, for both compilers. */
#pragma once

#include <linux/types.h>

#define LEASE_SLOTS 256          /* virtual routers of one vrrpd */
#define LEASE_MAX_ADDRESSES 4096 /* guarded on one interface */
#define LEASE_ROUTERS 512        /* VRID, and 256 + VRID for IPv6 */
#define LEASE_MUTE 0xffffffffU   /* instead of a router's slot: it is not Active and has a virtual MAC address */

/* A lease is judged for so long after its end; no address of a dead vrrpd lives that long (its lifetime is 3 s).
 * After that whoever installs the address by hand is served again. */
#define LEASE_AFTERMATH_NS 10000000000ULL

/* One virtual router's right to answer. Written by the daemon (open, close), by the guard (close), and by the egress
 * program, which alone prolongs it: when an advert leaves. */
struct lease {
  __u64 until_ns;    /* CLOCK_BOOTTIME: the addresses are served before it */
  __u64 first_by_ns; /* CLOCK_BOOTTIME: before it an advert opens a lease that is over; later only open() does */
  __u64 forgotten_ns; /* CLOCK_MONOTONIC: from then on the lease is not looked at any more */
  __u64 length_ns;   /* what an advert grants; 0: closed, no advert grants anything */
  __u64 farewell_ns; /* what an advert of priority 0 grants */
  __u64 silenced;    /* packets that were not let through because the lease was over */
};

/* A floating address: IPv6, or IPv4 mapped into it (::ffff:a.b.c.d). */
struct lease_address {
  __u32 words[4]; /* network order */
};
