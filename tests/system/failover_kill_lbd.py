#!/usr/bin/env python3
"""Only lbd dies by kill -9: vrrpd must hand the addresses over at once."""

import time

import checks as harness
from netlab import now_ns, wait_for
from pair import VIPS, WEB

RATE = 500
GAP_LIMIT_MS = 50
ROUNDS = 3


def kill_and_restart(checks, lab, pair, label):
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "both", "--rate", RATE, "--duration", "4s",
                     "--sticky-clients", 20)
    time.sleep(2)
    killed = pair.kill("lb1", "lbd")
    wait_for(lambda: pair.owners("vip-a") == ["lb2"], 5, "lb2 alone to have vip-a")
    checks.figure(f"{label}: address moved (seen by the kernel) after", (now_ns() - killed) / 1e6, "ms")
    report = load.result()
    checks.figure(f"{label}: the probe itself was late by at most", report["probe_late_ms"], "ms")
    harness.fault_figures(checks, f"{label}: new connections", report["streams"]["new"], killed, GAP_LIMIT_MS)
    harness.sticky_figures(checks, label, report)
    pair.start_daemon("lb1", "lbd")
    wait_for(pair.settled, 20, "lb1 to take its address back")


def body(checks, lab, pair):
    for number in range(1, ROUNDS + 1):
        checks.measure(kill_and_restart, checks, lab, pair, f"round {number}")


if __name__ == "__main__":
    harness.run("kill -9 of lbd alone", body)
