#!/usr/bin/env python3
"""Each daemon is killed and restarted on its own, in random order, under load: nothing replicated is lost.

TANDEM_SEED repeats an order; TANDEM_ROUNDS changes the number of kills (20).
"""

import os
import random
import time

import checks as harness
from netlab import CLIENT_SOURCES, now_ns, wait_for
from pair import NODES, SOURCE, VIPS, WEB

DRAINED = ("api", "b3")
VICTIMS = ("lbd", "syncd", "vrrpd and its guard", "vrrpd, not its guard")
# The guard removes an address at once; without it the kernel does, when the address's lifetime ends.
REMOVAL_LIMIT_MS = {"vrrpd and its guard": 4500, "vrrpd, not its guard": 500}


def start_load(lab):
    """Probes that run until they are stopped: cookie and source stickiness, and new connections."""
    long = ("--duration", "600s")
    return {
        "cookie": lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--rate", 100, "--sticky-clients", 20, *long),
        "source address": lab.probe("--target", f"{VIPS['vip-b']}:{SOURCE}", "--rate", 0, "--sticky-clients",
                                    CLIENT_SOURCES[1], "--sticky-source", CLIENT_SOURCES[0], *long),
    }


def whole(pair, sticky_before):
    """True once both nodes have everything again: roles, overrides, and no fewer sticky entries."""
    if not pair.settled():
        return False
    if any(pair.backend_admin(node, *DRAINED) != "drain" for node in NODES):
        return False
    return all(sum(pair.table_entries(node).values()) >= sticky_before for node in NODES)


def kill(pair, node, what):
    """Kills one daemon, without its guard or with it; returns its name and when (ns)."""
    if what == "vrrpd, not its guard":
        return "vrrpd", pair.kill_pid(pair.get(node, "vrrpd")["pid"])
    daemon = what.split()[0]
    return daemon, pair.kill(node, daemon)


def body(checks, lab, pair):
    seed = int(os.environ.get("TANDEM_SEED", time.time_ns() % 100000))
    rounds = int(os.environ.get("TANDEM_ROUNDS", 20))
    checks.figure("seed", seed)
    chance = random.Random(seed)
    group, backend = DRAINED
    pair.post("lb1", "lbd", "/v1/drain", {"target_group": group, "backend": backend})
    wait_for(lambda: pair.backend_admin("lb2", *DRAINED) == "drain", 5, "the drain to reach lb2")
    load = start_load(lab)
    time.sleep(2)
    entries = min(sum(pair.table_entries(node).values()) for node in NODES)
    checks.at_least("replicated entries before", entries, CLIENT_SOURCES[1])
    slowest_gone, slowest_whole = {}, 0.0
    for number in range(rounds):
        node, what = chance.choice(NODES), chance.choice(VICTIMS)
        daemon, killed = kill(pair, node, what)
        if daemon == "vrrpd":
            wait_for(lambda: not any(node in pair.owners(vip) for vip in VIPS), 10,
                     f"{node} without vrrpd to lose its addresses")
            slowest_gone[what] = max(slowest_gone.get(what, 0.0), (now_ns() - killed) / 1e6)
            pair.wait_ended(node, "vrrpd")
        time.sleep(chance.uniform(0.0, 0.5))
        pair.start_daemon(node, daemon)
        restarted = now_ns()
        wait_for(lambda: whole(pair, entries), 20, f"round {number + 1}: everything back after kill -9 of {what} on {node}")
        took = (now_ns() - restarted) / 1e6
        slowest_whole = max(slowest_whole, took)
        checks.figure(f"round {number + 1}: {what} on {node}: all back after", took, "ms")
    for what, took in slowest_gone.items():
        checks.at_most(f"{what}: slowest removal of its address", took, REMOVAL_LIMIT_MS[what], "ms")
    checks.figure("slowest return to a whole pair", slowest_whole, "ms")
    for label, probe in load.items():
        report = probe.stop()
        harness.sticky_figures(checks, label, report)
        for name, stream in report["streams"].items():
            checks.figure(f"{label}, {name}: requests / failed", f"{stream['requests']} / {stream['failed']}")


if __name__ == "__main__":
    harness.run("each daemon killed and restarted on its own", body)
