#!/usr/bin/env python3
"""Two real vrrpd that track an interface, a route, a file, a script and a witness: the address moves with them.

vip-a (preferred: lb1) tracks each with a weight of its own, vip-b (preferred: lb2) a file without weight. lbd and syncd
are played by the test.
"""

import json
import os
import sys
import time

import checks as harness
from netlab import ROOT, now_ns, wait_for

sys.path[:0] = [str(ROOT / "tests/integration/vrrpd"), str(ROOT / "tests/support")]

from two_nodes import NODES, VIP, Pair, milliseconds  # noqa: E402

ROUTE = "203.0.113.0/24"
NOTICED_MS = 1500  # of interfaces and routes: three adverts of 100 ms, and much for a machine that builds and tests
LOOKED_AT_MS = 3000  # of what is polled each 250 or 400 ms: two looks on one node, one on the other, then as above
HANGS_S = 60


def track(directory):
    quick = {"interval": "250ms", "timeout": "250ms", "unhealthy_threshold": 2, "healthy_threshold": 1}
    return [{"interface": "side0", "weight": 10}, {"route": ROUTE, "weight": 10},
            {"file": f"{directory}/%s-ready", "weight": 10, **quick},
            {"script": [f"{directory}/look"], "weight": 10, **quick, "interval": "400ms", "timeout": "400ms"},
            {"witness": "192.0.2.254", "weight": 10, **quick}]


class Bench:
    """What the nodes track, made and unmade. Files and scripts are told apart by the node's own run directory."""

    def __init__(self, checks, lab, pair):
        self.checks, self.lab, self.pair = checks, lab, pair
        self.directory = lab.directory
        for node in NODES:
            lab.ip(node, "link", "add", "side0", "type", "veth", "peer", "name", "side1")
            lab.ip(node, "link", "set", "side1", "up")
            lab.ip(node, "link", "set", "side0", "up")
            lab.ip(node, "addr", "add", "198.18.0.1/24", "dev", "side0")
            lab.ip(node, "route", "add", ROUTE, "via", "192.0.2.10")
            self.ready(node, True)
            self.script(node, "exit 0")
        lab.ip("client", "addr", "add", "192.0.2.254/24", "dev", "eth0")
        look = self.directory / "look"
        look.write_text(f'#!/bin/sh\nexec /bin/sh "{self.directory}/$TANDEM_NODE-look"\n')
        look.chmod(0o755)

        hook = self.directory / "hook"
        hook.write_text(f'#!/bin/sh\necho "$@ $TANDEM_VIRTUAL_ADDRESS $TANDEM_STATE $TANDEM_CAUSE $TANDEM_PRIORITY" '
                        f'>> "{self.directory}/$TANDEM_NODE-hooked"\n[ ! -e {self.directory}/slow ] || exec sleep {HANGS_S}\n')
        hook.chmod(0o755)

    def hooked(self, node):
        """What the hook was told so far, a line each."""
        path = self.directory / f"{node}-hooked"
        return path.read_text().splitlines() if path.exists() else []

    def ready(self, node, is_ready):
        path = self.directory / f"{node}-ready"
        path.touch() if is_ready else path.unlink()

    def script(self, node, line):
        new = self.directory / f"{node}-look.new"
        new.write_text(line + "\n")
        os.replace(new, self.directory / f"{node}-look")

    def configure(self):
        """Each node its own file: the paths differ, so each has a configuration of its own."""
        for node in NODES:
            tracked = json.loads(json.dumps(track(self.directory)).replace("%s", node))
            self.pair.write_virtual_addresses([
                {"name": "vip-a", "addresses": [VIP["vip-a"] + "/24"], "interface": "eth0", "vrid": 51,
                 "preferred_node": "lb1", "track": tracked,
                 "hook": [f"{self.directory}/hook", "first"], "hook_timeout": "1s"},
                {"name": "vip-b", "addresses": [VIP["vip-b"] + "/24"], "interface": "eth0", "vrid": 52,
                 "preferred_node": "lb2", "track": [{**tracked[2], "weight": 0}]}])
            self.pair.start(node)
            wait_for((self.pair.run_dir[node] / "vrrpd.sock").exists, 5, f"{node} to have read its configuration")

    def peace(self):
        wait_for(lambda: self.pair.owner("vip-a") == "lb1" and self.pair.owner("vip-b") == "lb2", 90, "peace")
        wait_for(lambda: self.pair.holders("vip-a") == ["lb1"], 5, "one holder")

    def condition(self, node, kind, name="vip-a"):
        return next(c for c in self.pair.status(node, name)["track"] if c["kind"] == kind)

    def moves(self, what, break_it, mend_it, limit_ms, kind):
        """lb1 loses something: lb2 has vip-a within the limit, and lb1 again once it is well."""
        self.peace()
        since = now_ns()
        break_it()
        wait_for(lambda: self.pair.owner("vip-a") == "lb2", 10, f"{what}: lb2 to own")
        took = milliseconds(self.pair.event("lb2", "active", since, "vip-a")["time_ns"] - since)
        self.checks.at_most(f"{what}: moved after", took, limit_ms, "ms")
        seen = self.condition("lb1", kind)
        self.checks.true(f"{what}: lb1 says why", not seen["holds"] and seen["reason"], seen["reason"])
        self.checks.equal(f"{what}: priority of lb1", self.pair.status("lb1", "vip-a")["priority"], 243)
        lost = [e["cause"] for e in self.pair.events("lb1", since) if e["event"] == "condition_lost"]
        self.checks.true(f"{what}: an event", lost, str(lost))
        mend_it()
        self.peace()

    def stays(self, what, break_both, mend_both, kind):
        """Both lose it: nothing moves."""
        self.peace()
        since = now_ns()
        break_both()
        wait_for(lambda: not any(self.condition(node, kind)["holds"] for node in NODES), 5, f"{what}: both to see it")
        time.sleep(1.5)
        moved = [e for node in NODES for e in self.pair.events(node, since, "vip-a") if e["event"] in ("active", "backup")]
        self.checks.equal(f"{what}, on both nodes: moves", len(moved), 0)
        mend_both()
        wait_for(lambda: all(self.condition(node, kind)["holds"] for node in NODES), 5, f"{what}: both to be well")
        self.peace()


def body(checks, lab):
    pair = Pair(lab)
    bench = Bench(checks, lab, pair)
    bench.configure()

    def route(*nodes, word):
        for node in nodes:
            lab.ip(node, "route", word, ROUTE, *(["via", "192.0.2.10"] if word == "add" else []))

    bench.moves("interface down", lambda: lab.ip("lb1", "link", "set", "side0", "down"),
                lambda: lab.ip("lb1", "link", "set", "side0", "up"), NOTICED_MS, "interface")
    bench.moves("route gone", lambda: route("lb1", word="del"), lambda: route("lb1", word="add"), NOTICED_MS, "route")
    bench.stays("route gone", lambda: route(*NODES, word="del"), lambda: route(*NODES, word="add"), "route")
    bench.moves("file gone", lambda: bench.ready("lb1", False), lambda: bench.ready("lb1", True), LOOKED_AT_MS, "file")
    bench.moves("script fails", lambda: bench.script("lb1", "echo no good >&2; exit 3"),
                lambda: bench.script("lb1", "exit 0"), LOOKED_AT_MS, "script")
    bench.stays("script hangs", lambda: [bench.script(node, f"sleep {HANGS_S}") for node in NODES],
                lambda: [bench.script(node, "exit 0") for node in NODES], "script")
    bench.stays("witness silent", lambda: lab.ip("client", "addr", "del", "192.0.2.254/24", "dev", "eth0"),
                lambda: lab.ip("client", "addr", "add", "192.0.2.254/24", "dev", "eth0"), "witness")

    # Without weight: the node may not own at all, and says so.
    bench.peace()
    since = now_ns()
    bench.ready("lb2", False)
    wait_for(lambda: pair.owner("vip-b") == "lb1", 5, "lb1 to own vip-b")
    seen = pair.status("lb2", "vip-b")
    checks.equal("a condition without weight fails: state", seen["state"], "initialize")
    checks.equal("may take over", seen["may_take_over"], False)
    checks.true("and why not", "is missing" in seen["may_take_over_reason"], seen["may_take_over_reason"])
    checks.equal("the cause of the fault", pair.event("lb2", "fault", since, "vip-b")["reason"], "fault")
    status, metrics = pair.call("lb2", "GET", "/metrics")
    line = f'tandem_vrrp_tracked_holds{{condition="file {bench.directory}/lb2-ready"}} 0'
    checks.true("the metric says it", line.encode() in metrics, line)
    bench.ready("lb2", True)
    bench.peace()
    hooks(checks, lab, pair, bench)


def hooks(checks, lab, pair, bench):
    told = bench.hooked("lb1")
    checks.equal("the hook at start, but for the priority", [line.rsplit(" ", 1)[0] for line in told[:2]],
                 ["first vip-a backup startup vip-a backup startup",
                  "first vip-a active adverts_missed vip-a active adverts_missed"])
    states = [line.split()[2] for line in told]
    checks.true("it was told every move", states.count("active") == states.count("backup"), " ".join(states))
    (bench.directory / "slow").touch()
    since = now_ns()
    pair.call("lb1", "POST", "/v1/failover", {"virtual_address": "vip-a"})
    failed = pair.event("lb1", "hook_failed", since, "vip-a")
    checks.true("a hook that hangs is killed", "did not end in time" in failed["cause"], failed["cause"])
    (bench.directory / "slow").unlink()
    checks.equal("the address moved all the same", pair.owner("vip-a"), "lb2")
    pair.process["lb2"].stop()
    checks.equal("the last word of a vrrpd that leaves", bench.hooked("lb2")[-1].split()[2], "stopped")


if __name__ == "__main__":
    harness.run("tracking", body, make_pair=False, backends=0)
