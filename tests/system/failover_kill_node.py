#!/usr/bin/env python3
"""Every daemon of an address's owner dies by kill -9 under load; later the node returns."""

import time

import checks as harness
from netlab import CLIENT_SOURCES, now_ns, wait_for
from pair import SOURCE, VIPS, WEB

RATE = 500
GAP_LIMIT_MS = 400
# Nobody is left to remove it: the kernel does within the second after the end of its lifetime of 3 s.
STALE_ADDRESS_LIMIT_MS = 4500


def kill_the_owner(checks, lab, pair):
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "both", "--rate", RATE, "--duration", "6s")
    time.sleep(2)
    killed = pair.kill("lb1")
    wait_for(lambda: pair.owners("vip-a") and "lb2" in pair.owners("vip-a"), 5, "lb2 to take vip-a")
    checks.figure("address on lb2 (seen by the kernel) after", (now_ns() - killed) / 1e6, "ms")
    wait_for(lambda: pair.owners("vip-a") == ["lb2"], 10, "lb1 to lose vip-a")
    checks.at_most("address gone from the dead node after", (now_ns() - killed) / 1e6, STALE_ADDRESS_LIMIT_MS, "ms",
                   (killed, now_ns()))
    report = load.result()
    checks.figure("the probe itself was late by at most", report["probe_late_ms"], "ms")
    harness.fault_figures(checks, "new connections", report["streams"]["new"], killed, GAP_LIMIT_MS)
    harness.fault_figures(checks, "keep-alive", report["streams"]["keepalive"], killed, GAP_LIMIT_MS, judge_gap=False)


def bring_the_node_back(checks, lab, pair):
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "new", "--rate", RATE, "--duration", "8s")
    pair.start_node("lb1")
    started = now_ns()
    wait_for(pair.settled, 20, "lb1 to own vip-a again")
    checks.figure("node returned, in sync, address back after", (now_ns() - started) / 1e6, "ms")
    stream = load.result()["streams"]["new"]
    checks.equal("return: failed new connections", stream["failed"], 0)
    checks.figure("return: longest gap", stream["longest_gap"]["ms"], "ms")


def kill_and_return(checks, lab, pair):
    kill_the_owner(checks, lab, pair)
    bring_the_node_back(checks, lab, pair)


def body(checks, lab, pair):
    cookies = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--rate", 0, "--sticky-clients", 20, "--duration", "600s")
    sources = lab.probe("--target", f"{VIPS['vip-a']}:{SOURCE}", "--rate", 0, "--sticky-clients", CLIENT_SOURCES[1],
                        "--sticky-source", CLIENT_SOURCES[0], "--duration", "600s")
    time.sleep(1)
    checks.measure(kill_and_return, checks, lab, pair)
    harness.sticky_figures(checks, "cookie", cookies.stop())
    harness.sticky_figures(checks, "source address", sources.stop())


if __name__ == "__main__":
    harness.run("kill -9 of every daemon of the owner", body)
