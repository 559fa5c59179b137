#!/usr/bin/env python3
"""Two vrrpd with a sync group: an address on each of two LANs, which always have the same owner. A third address, without
a group, stays where it is.

Needs root; skipped loudly without. Prints what it measured. Arguments: names of tests to run.
"""

import json
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

from netlab import wait_for  # noqa: E402
from runner import run, tests_of  # noqa: E402
from two_nodes import NODES, Pair, Prober, milliseconds  # noqa: E402

GROUP = {"inside": ("192.0.2.100", "eth0"), "outside": ("203.0.113.100", "eth1")}
ALONE = "192.0.2.101"  # lb2's
BOUND_MS = 400   # a node that is silent
LEFT_MS = 100    # one that says that it leaves; alone it is a few
SEAMLESS_MS = 30
TOGETHER_MS = 30  # between the members, in the events of one node


def second_lan(lab):
    """br1, 203.0.113.0/24, with both nodes and the client on eth1; the ports are called NODE-1. eth2 carries nothing."""
    lab.ip("lan", "link", "add", "br1", "type", "bridge", "forward_delay", "0", "stp_state", "0", "mcast_snooping", "0")
    lab.ip("lan", "link", "set", "br1", "up")
    for place, host in (("lb1", 11), ("lb2", 12), ("client", 10)):
        lab.ip("lan", "link", "add", place + "-1", "type", "veth", "peer", "name", "eth1", "netns", lab.ns(place))
        lab.ip("lan", "link", "set", place + "-1", "master", "br1", "up")
        lab.ip(place, "addr", "add", f"203.0.113.{host}/24", "dev", "eth1")
        lab.ip(place, "link", "set", "eth1", "up")
    for place in NODES:
        lab.ip("lan", "link", "add", place + "-2", "type", "veth", "peer", "name", "eth2", "netns", lab.ns(place))
        lab.ip("lan", "link", "set", place + "-2", "up")
        lab.ip(place, "link", "set", "eth2", "up")


class GroupPair(Pair):
    def write_config(self, extra_of_outside=None, **extra):
        each = {"preferred_node": "lb1", "advert_interval": "100ms", "sync_group": "edge", **extra}
        self.write_virtual_addresses(
            [{"name": name, "addresses": [address + "/24"], "interface": interface, "vrid": 51, **each,
              **(extra_of_outside or {} if name == "outside" else {})} for name, (address, interface) in GROUP.items()] +
            [{"name": "alone", "addresses": [ALONE + "/24"], "interface": "eth0", "vrid": 53, "preferred_node": "lb2"}])

    def holders(self, name):
        address, interface = GROUP[name]
        return [node for node in NODES if address in self.on_interface(node, interface)]

    def reset(self):
        for node in NODES:
            self.plug(node, 1, True)
            self.plug(node, 0, True)
            self.pass_frames(node, True)
            self.lab.link(node, "eth2", True)
        super().reset()

    def settle(self):
        def settled():
            for node in NODES:
                if node not in self.process or not self.process[node].alive():
                    self.start(node)
            return all(self.owner(name) == "lb1" for name in GROUP) and self.owner("alone") == "lb2"
        wait_for(settled, 10, "the preferred owners")
        wait_for(lambda: all(self.holders(name) == ["lb1"] for name in GROUP), 6, "one holder each")

    def plug(self, node, lan, plugged):
        """The cable: the node's interface loses its carrier."""
        self.lab.link("lan", node + ("-1" if lan else ""), plugged)
        if plugged:  # the bridge puts it back into service by itself, but not at once
            self.pass_frames(node, True, lan)

    def pass_frames(self, node, passes, lan=1):
        """The carrier stays, but no frame gets through."""
        self.lab.run("lan", "bridge", "link", "set", "dev", node + ("-1" if lan else ""), "state", 3 if passes else 0)

    def post(self, node, target, body):
        status, text = self.call(node, "POST", target, body)
        return status, json.loads(text)

    def all_with(self, node, since, limit_ms, what):
        """Each member became active on the node in time, all in the same moment, and nowhere else."""
        times = {name: self.event(node, "active", since, name) for name in GROUP}
        for name, event in times.items():
            print(f"    {what}: {name} on {node} after {milliseconds(event['time_ns'] - since):.1f} ms ({event['cause']})")
        first, last = min(e["time_ns"] for e in times.values()), max(e["time_ns"] for e in times.values())
        self.stalls.at_most(what, milliseconds(last - since), limit_ms, since, last)
        self.stalls.at_most(f"{what}: together", milliseconds(last - first), TOGETHER_MS, first, last)
        wait_for(lambda: all(self.holders(name) == [node] for name in GROUP), 5, f"{node} alone to hold the group")
        assert self.owner("alone") == "lb2" and not self.events("lb2", since, "alone"), self.events("lb2", since, "alone")
        return times

    def moves(self, since):
        return [e for node in NODES for e in self.events(node, since) if e["event"] == "active"]


def probers(pair):
    started = {name: Prober(pair.lab, address) for name, (address, _) in GROUP.items()}
    time.sleep(0.3)
    return started


def judge(watching, **limits_ms):
    time.sleep(0.2)
    for name, prober in watching.items():
        prober.judge(limits_ms[name], f"gap of {name}")


# ---- one LAN ------------------------------------------------------------------------------------------

def test_a_cable_of_one_lan_moves_both(pair):
    for lan, (name, other) in enumerate((("inside", "outside"), ("outside", "inside"))):
        watching = probers(pair)
        since = time.monotonic_ns()
        pair.plug("lb1", lan, False)
        pair.all_with("lb2", since, LEFT_MS, f"cable of {name}")
        judge(watching, **{name: LEFT_MS, other: SEAMLESS_MS})
        address = pair.status("lb1", other)
        assert address["may_take_over_reason"].startswith(f"with {name}: interface eth{lan} is missing"), address
        assert not address["may_take_over"] and address["owner"] == "lb2" and address["sync_group"] == "edge", address
        assert pair.status("lb1", name)["owner"] == "lb2", "known from the other LAN"

        watching = probers(pair)
        since = time.monotonic_ns()
        pair.plug("lb1", lan, True)
        pair.all_with("lb1", since, 3000, f"cable of {name} is back")
        judge(watching, **{name: SEAMLESS_MS, other: SEAMLESS_MS})
        assert len(pair.moves(since)) == len(GROUP), pair.moves(since)


def test_a_silent_lan_moves_nothing(pair):
    since = time.monotonic_ns()
    pair.pass_frames("lb1", False)
    time.sleep(1)  # three times what a silent owner has
    pair.pass_frames("lb1", True)
    time.sleep(0.5)
    assert not pair.moves(since), pair.moves(since)
    assert all(pair.holders(name) == ["lb1"] for name in GROUP)


def test_both_lans_silent_move_both(pair):
    since = time.monotonic_ns()
    pair.pass_frames("lb1", False, 1)
    pair.pass_frames("lb1", False, 0)
    for name in GROUP:
        pair.event("lb2", "active", since, name)
    for lan in (0, 1):
        pair.pass_frames("lb1", True, lan)
    since = time.monotonic_ns()
    wait_for(lambda: all(pair.holders(name) == ["lb1"] for name in GROUP), 5, "one owner again")
    time.sleep(0.5)
    assert all(pair.holders(name) == ["lb1"] for name in GROUP)


# ---- the node -----------------------------------------------------------------------------------------

def test_a_dead_daemon_moves_both(pair):
    watching = probers(pair)
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    pair.lab.run("lb1", "kill", "-KILL", daemon)
    pair.all_with("lb2", since, LEFT_MS, "daemon killed")
    judge(watching, inside=LEFT_MS, outside=LEFT_MS)
    pair.process["lb1"].wait(5)
    since = time.monotonic_ns()
    pair.start("lb1")
    wait_for(lambda: pair.owner("inside") == "lb1", 5, "the return")
    pair.all_with("lb1", since, 3000, "daemon started again")
    assert len(pair.moves(since)) == len(GROUP), pair.moves(since)


def test_a_frozen_daemon_moves_both(pair):
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    pair.lab.run("lb1", "kill", "-STOP", daemon)
    for name in GROUP:
        pair.moved_within(name, "lb2", since, BOUND_MS, f"frozen, {name}")
    pair.lab.run("lb1", "kill", "-CONT", daemon)
    wait_for(lambda: all(pair.holders(name) == ["lb1"] for name in GROUP), 5, "the return of both")


def test_lbd_moves_both(pair):
    since = time.monotonic_ns()
    pair.lbd["lb1"].ready(False, "draining")
    pair.all_with("lb2", since, LEFT_MS, "lbd drains")
    since = time.monotonic_ns()
    pair.lbd["lb1"].ready(True)
    pair.all_with("lb1", since, 3000, "lbd is ready again")


def test_what_one_tracks_moves_both(pair):
    pair.write_config(extra_of_outside={"track": [{"interface": "eth2"}]})
    pair.reload()

    def tracks(node):  # between the old group and the new one there is none
        addresses = {a["name"]: a for a in pair.get(node, "/v1/status")["virtual_addresses"]}
        return "inside" in addresses and addresses["inside"]["track"]
    wait_for(lambda: all([tracks(node) for node in NODES]) and pair.owner("inside") == "lb1", 10, "lb1 to track and own")
    wait_for(lambda: all(pair.holders(name) == ["lb1"] for name in GROUP), 5, "one holder each")
    since = time.monotonic_ns()
    pair.lab.link("lb1", "eth2", False)
    pair.all_with("lb2", since, LEFT_MS, "a tracked interface")
    for name in GROUP:
        assert "eth2" in pair.status("lb1", name)["may_take_over_reason"], pair.status("lb1", name)
    since = time.monotonic_ns()
    pair.lab.link("lb1", "eth2", True)
    pair.all_with("lb1", since, 3000, "the tracked interface is back")
    pair.write_config()
    pair.reload()


# ---- the operator -------------------------------------------------------------------------------------

def test_a_failover_of_one_moves_both(pair):
    for asked, name, to in (("lb1", "outside", "lb2"), ("lb2", "inside", "lb1"), ("lb2", "outside", "lb2"),
                            ("lb1", "inside", "lb1")):
        watching = probers(pair)
        since = time.monotonic_ns()
        status, answer = pair.post(asked, "/v1/failover", {"virtual_address": name, "to": to})
        print(f"    {answer}")
        assert status == 200 and answer["moved"] and answer["to"] == to, (status, answer)
        assert answer["sync_group"] == "edge" and answer["with"] == [n for n in GROUP if n != name], answer
        pair.all_with(to, since, LEFT_MS, f"failover of {name}")
        judge(watching, inside=SEAMLESS_MS, outside=SEAMLESS_MS)
        for other in GROUP:
            status, again = pair.post(asked, "/v1/failover", {"virtual_address": other, "to": to})
            assert status == 200 and not again["moved"], (status, again)


def test_maintenance_moves_both(pair):
    watching = probers(pair)
    since = time.monotonic_ns()
    status, answer = pair.post("lb1", "/v1/maintenance", {"on": True})
    assert status == 200 and answer["moved"] == list(GROUP), (status, answer)
    pair.all_with("lb2", since, LEFT_MS, "maintenance")
    since = time.monotonic_ns()
    assert pair.post("lb1", "/v1/maintenance", {"on": False})[0] == 200
    pair.all_with("lb1", since, 3000, "back in service")
    judge(watching, inside=SEAMLESS_MS, outside=SEAMLESS_MS)


def test_a_reload_of_one_treats_the_group_as_one(pair):
    """Node by node: the one that starts the group anew hands it over and gets it back."""
    watching = probers(pair)
    since = time.monotonic_ns()
    pair.write_config(extra_of_outside={"addresses": ["203.0.113.100/24", "203.0.113.101/24"]})
    assert pair.call("lb1", "POST", "/v1/reload")[0] == 200
    pair.all_with("lb2", since, LEFT_MS, "reload")
    wait_for(lambda: "203.0.113.101" in pair.on_interface("lb1", "eth1"), 10, "the new address")
    pair.all_with("lb1", since, 3000, "the group with its new address")
    assert pair.call("lb2", "POST", "/v1/reload")[0] == 200

    def shows_both():
        return any(a["name"] == "outside" and len(a["addresses"]) == 2 for a in pair.get("lb2", "/v1/status")["virtual_addresses"])
    wait_for(lambda: pair.owner("inside") == "lb1" and shows_both(), 10, "lb2's reload")
    time.sleep(0.5)
    judge(watching, inside=SEAMLESS_MS, outside=SEAMLESS_MS)
    assert len(pair.moves(since)) == 2 * len(GROUP), pair.moves(since)
    assert not pair.events("lb2", since, "alone"), "the one without a group is left alone"
    pair.write_config()
    pair.reload()


def test_seen(pair):
    metrics = pair.call("lb1", "GET", "/metrics")[1].decode()
    for name, (_, interface) in GROUP.items():
        assert (f'tandem_vrrp_sync_group{{virtual_address="{name}",interface="{interface}",vrid="51",sync_group="edge"}} 1'
                in metrics), metrics
        assert pair.status("lb1", name)["sync_group"] == "edge"
        sent = pair.status("lb1", name)["adverts_sent"]
        wait_for(lambda n=name, s=sent: pair.status("lb1", n)["adverts_sent"] > s, 2, f"adverts of {name}")
    assert pair.status("lb1", "alone")["sync_group"] is None and 'virtual_address="alone",interface="eth0",vrid="53",sync' not in metrics
    events = [e for e in pair.events("lb1", 0, "inside") if e["event"] == "active"]
    assert events and all(e["sync_group"] == "edge" for e in events), events


if __name__ == "__main__":
    run(tests_of(globals()), equip=second_lan, prepare=GroupPair.settle, make_pair=GroupPair)
