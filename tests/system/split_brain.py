#!/usr/bin/env python3
"""The rows of the failure matrix that namespaces can make: who owns vip-a, and never two beside each other.

vip-a prefers lb1. The witness is the LAN's own address. An ARP prober at the client sees every claim.
"""

import time

import checks as harness
from arp_prober import ArpProber, overlap_ms
from netlab import now_ns, wait_for
from pair import NODES, VIPS, Pair, configuration

OVERLAP_MS = 2.0   # a planned return is make before break; beyond it two owners answered


def vote(pair, node, name="vip-a"):
    return next(a for a in pair.get(node, "vrrpd")["virtual_addresses"] if a["name"] == name)


def active(pair, name="vip-a"):
    return [node for node in NODES if vote(pair, node, name)["state"] == "active"]


def observed(checks, lab, pair, what, fault, expected, heal, seconds=1.5, within=2.0):
    """Makes a fault, waits for the owner that the matrix names, watches for a while, heals, waits for peace."""
    wait_for(lambda: pair.settled() and vote(pair, "lb1")["vote"]["peer"] and vote(pair, "lb2")["vote"]["peer"], 70,
             "peace before " + what)
    prober = ArpProber(lab, "client", VIPS["vip-a"])
    time.sleep(0.2)
    since = now_ns()
    fault()
    try:
        wait_for(lambda: active(pair) == expected, within, f"{what}: {expected} to own")
        moved = (now_ns() - since) / 1e6
        owners = set()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            owners.add(tuple(active(pair)))
            time.sleep(0.02)
        votes = {node: vote(pair, node)["vote"]["reason"] for node in NODES}
    finally:
        heal()
    wait_for(lambda: active(pair) == ["lb1"] and pair.settled(), 70, f"{what}: healed")
    time.sleep(0.3)
    claims = prober.stop()
    checks.true(f"{what}: owner {', '.join(expected) or 'nobody'}", owners == {tuple(expected)},
                f"seen: {sorted(owners)}; votes: {votes}")
    checks.figure(f"{what}: decided after", moved, "ms")
    checks.at_most(f"{what}: two owners answered side by side for", overlap_ms(claims), OVERLAP_MS, "ms")
    return votes


def adverts_from(lab, place, source):
    """Drops the adverts of one node at the other: everything else passes."""
    lab.drop(place, f"ip protocol vrrp ip saddr {source}")


def body(checks, lab):
    config = configuration(lab, preempt_delay="0s")
    config["cluster"]["witnesses"] = ["192.0.2.1"]
    pair = Pair(lab, config)
    pair.start()

    votes = observed(checks, lab, pair, "one-way loss, lb1 to lb2", lambda: adverts_from(lab, "lb2", "192.0.2.11"),
                     ["lb1"], lambda: lab.heal("lb2"))
    checks.equal("... the vote of lb2", votes["lb2"], "peer_lives")
    observed(checks, lab, pair, "one-way loss, lb2 to lb1", lambda: adverts_from(lab, "lb1", "192.0.2.12"), ["lb1"],
             lambda: lab.heal("lb1"))

    def cut():
        adverts_from(lab, "lb2", "192.0.2.11")
        adverts_from(lab, "lb1", "192.0.2.12")
    observed(checks, lab, pair, "adverts cut both ways", cut, ["lb1"], lambda: (lab.heal("lb1"), lab.heal("lb2")))

    observed(checks, lab, pair, "sync link cut", lambda: lab.link("lb1", "sync0", False), ["lb1"],
             lambda: lab.link("lb1", "sync0", True))
    observed(checks, lab, pair, "lb1 in a silent black hole", lambda: lab.isolate("lb1"), ["lb2"],
             lambda: lab.isolate("lb1", False))
    observed(checks, lab, pair, "lb2 in a silent black hole", lambda: lab.isolate("lb2"), ["lb1"],
             lambda: lab.isolate("lb2", False))

    def isolated():
        lab.link("lb1", "sync0", False)
        lab.isolate("lb1")

    def joined():
        lab.link("lb1", "sync0", True)
        lab.isolate("lb1", False)
    observed(checks, lab, pair, "lb1 isolated, healed", isolated, ["lb2"], joined)


if __name__ == "__main__":
    harness.run("split brain: the voices of a pair", body, make_pair=False)
