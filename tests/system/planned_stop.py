#!/usr/bin/env python3
"""Planned moves: SIGTERM of all daemons, SIGTERM of vrrpd alone, and `lbctl failover`."""

import time

import checks as harness
from netlab import wait_for
from pair import VIPS, WEB

RATE = 500
GAP_LIMIT_MS = 20


def leave_and_come_back(lab, pair, leave, come_back):
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "both", "--rate", RATE, "--duration", "4s",
                     "--sticky-clients", 20)
    time.sleep(2)
    leave()
    wait_for(lambda: pair.owners("vip-a") == ["lb2"], 5, "lb2 alone to have vip-a")
    report = load.result()
    come_back()
    return report


def judge(checks, lab, pair, label, leave, come_back):
    """Runs leave() under load and judges what new connections noticed."""
    report = leave_and_come_back(lab, pair, leave, come_back)
    fresh, gap = report["streams"]["new"], report["streams"]["new"]["longest_gap"]
    checks.figure(f"{label}: the probe itself was late by at most", report["probe_late_ms"], "ms")
    checks.at_most(f"{label}: longest gap, new connections", gap["ms"], GAP_LIMIT_MS, "ms",
                   (gap["from_ns"], gap["to_ns"]))
    checks.equal(f"{label}: failed new connections", fresh["failed"], 0)
    checks.figure(f"{label}: failed keep-alive requests", report["streams"]["keepalive"]["failed"])
    harness.sticky_figures(checks, label, report)


def body(checks, lab, pair):
    def whole():
        wait_for(pair.settled, 20, "lb1 to take its address back")

    def restart_all():
        pair.wait_ended("lb1")
        codes = [pair.daemons["lb1", daemon].popen.returncode for daemon in ("lbd", "vrrpd", "syncd")]
        checks.equal("exit codes of lbd, vrrpd, syncd", codes, [0, 0, 0])
        pair.start_node("lb1")
        whole()

    def restart_vrrpd():
        pair.wait_ended("lb1", "vrrpd")
        pair.start_daemon("lb1", "vrrpd")
        whole()

    def move_back():
        pair.lbctl("lb2", "failover", "vip-a")
        whole()

    checks.measure(judge, checks, lab, pair, "SIGTERM of all daemons", lambda: pair.terminate("lb1"), restart_all)
    checks.measure(judge, checks, lab, pair, "SIGTERM of vrrpd", lambda: pair.terminate("lb1", "vrrpd"), restart_vrrpd)
    checks.measure(judge, checks, lab, pair, "lbctl failover", lambda: pair.lbctl("lb1", "failover", "vip-a"), move_back)


if __name__ == "__main__":
    harness.run("planned moves", body)
