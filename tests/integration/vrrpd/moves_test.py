#!/usr/bin/env python3
"""Two vrrpd in network namespaces: an operator's failover to a node, and maintenance.

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
from stand_ins import Syncd  # noqa: E402
from two_nodes import NODES, SEAMLESS_MS, VIP, Pair, Prober  # noqa: E402

MOVED_MS = 50


def post(pair, node, target, body):
    status, text = pair.call(node, "POST", target, body)
    return status, json.loads(text)


def move(pair, node, to, **more):
    return post(pair, node, "/v1/failover", {"virtual_address": "vip-a", "to": to, **more})


def maintenance(pair, node, on, **more):
    return post(pair, node, "/v1/maintenance", {"on": on, **more})


def say_in_sync(pair, in_sync, connected=True, nodes=NODES):
    for node in nodes:
        pair.syncd[node].say(Syncd.status(in_sync, connected))
        wait_for(lambda n=node: (pair.get(n, "/v1/status")["in_sync"], pair.get(n, "/v1/status")["peer_connected"])
                 == (in_sync, connected), 10, "syncd's word")


def without_a_loss(pair, action, names=("vip-a",)):
    probers = [Prober(pair.lab, VIP[name]) for name in names]
    time.sleep(0.3)
    result = action()
    time.sleep(0.2)
    for name, prober in zip(names, probers):
        prober.judge(SEAMLESS_MS, name)
    return result


# ---- failover to a node -----------------------------------------------------------------------------

def test_to_a_node_asked_on_either(pair):
    for asked, to, other in (("lb1", "lb2", "lb1"), ("lb1", "lb1", "lb2"), ("lb2", "lb2", "lb1"), ("lb2", "lb1", "lb2")):
        if asked == to or pair.owner("vip-a") == asked:
            begun = time.monotonic_ns()
            status, answer = without_a_loss(pair, lambda: move(pair, asked, to))
            print(f"    asked on {asked}: {answer}")
            assert status == 200 and answer["moved"] and (answer["from"], answer["to"]) == (other, to), (status, answer)
            assert answer["took_ms"] >= 0, answer
            pair.stalls.at_most("the move", answer["took_ms"], MOVED_MS, begun)
        wait_for(lambda: pair.owner("vip-a") == to, 2, f"{to} to own")
        for node in NODES:
            status, again = move(pair, node, to)
            assert (status, again["moved"], again["to"]) == (200, False, to), (node, status, again)


def test_refusals_to_a_node(pair):
    status, answer = move(pair, "lb1", "lb3")
    assert status == 404 and "lb1 and lb2" in answer["hint"], (status, answer)
    say_in_sync(pair, False)
    for asked in NODES:
        status, answer = move(pair, asked, "lb2")
        assert status == 409 and "not in sync" in answer["error"] and "repairing" in answer["error"], (status, answer)
    assert pair.owner("vip-a") == "lb1"
    status, answer = move(pair, "lb1", "lb2", force=True)
    assert status == 200 and answer["moved"], (status, answer)
    status, answer = move(pair, "lb1", "lb1", force=True)
    assert status == 200, (status, answer)
    say_in_sync(pair, True)
    pair.lbd["lb2"].ready(False, "draining")
    wait_for(lambda: pair.status("lb2", "vip-a")["state"] == "initialize", 10, "lb2 to be unfit")
    status, answer = move(pair, "lb2", "lb2")
    assert status == 409 and "draining" in answer["error"], (status, answer)
    status, answer = move(pair, "lb1", "lb2")
    print("    to an unfit node:", status, answer)
    assert status == 409 and pair.owner("vip-a") == "lb1", (status, answer)
    pair.lbd["lb2"].ready(True)
    for body in ({"virtual_address": "vip-a", "to": 1}, {"virtual_address": "vip-a", "force": "yes"}, {"to": "lb1"}):
        assert post(pair, "lb1", "/v1/failover", body)[0] == 400, body


# ---- maintenance ------------------------------------------------------------------------------------

def test_maintenance_and_back(pair):
    since = time.monotonic_ns()
    status, answer = without_a_loss(pair, lambda: maintenance(pair, "lb1", True, reason="new switch"), list(VIP))
    assert status == 200 and answer["moved"] == ["vip-a"] and answer["changed"], (status, answer)
    wait_for(lambda: pair.owner("vip-a") == "lb2", 10, "lb2 to own")
    shown = pair.get("lb1", "/v1/status")["maintenance"]
    assert shown["on"] and shown["reason"] == "new switch" and shown["since"], shown
    address = pair.status("lb1", "vip-a")
    assert not address["may_take_over"] and "new switch" in address["may_take_over_reason"], address
    assert pair.event("lb1", "maintenance_on", since, "lb1")["cause"].endswith("new switch")
    assert b"tandem_vrrp_maintenance 1" in pair.call("lb1", "GET", "/metrics")[1]
    assert move(pair, "lb1", "lb1")[0] == 409

    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(5)
    pair.start("lb1")

    def remembers():
        try:
            return pair.get("lb1", "/v1/status")["maintenance"] == shown
        except OSError:
            return False
    wait_for(remembers, 10, "vrrpd to remember")
    pair.process["lb2"].signal(signal.SIGTERM)
    pair.process["lb2"].wait(5)
    time.sleep(0.5)  # longer than Active_Down_Interval
    assert pair.holders("vip-a") == [], "a node in maintenance never owns"

    pair.start("lb2")
    wait_for(lambda: pair.holders("vip-a") == ["lb2"], 10, "lb2 to own again")
    pair.syncd["lb1"].say(Syncd.status(False, True))
    wait_for(lambda: not pair.get("lb1", "/v1/status")["in_sync"], 10, "syncd's word")
    status, answer = maintenance(pair, "lb1", False)
    assert (status, answer["changed"], answer["on"]) == (200, True, False), (status, answer)
    time.sleep(0.8)
    assert pair.owner("vip-a") == "lb2", "not before it is in sync"
    without_a_loss(pair, lambda: (say_in_sync(pair, True), wait_for(lambda: pair.owner("vip-a") == "lb1", 5, "the return")))
    assert not (pair.run_dir["lb1"] / "vrrpd.maintenance").exists()
    assert maintenance(pair, "lb1", False)[1]["changed"] is False


def test_maintenance_is_refused_without_a_peer(pair):
    say_in_sync(pair, True, connected=False)
    status, answer = maintenance(pair, "lb1", True)
    assert status == 409 and "vip-a: no live peer" in answer["error"] and "--force" in answer["hint"], (status, answer)
    say_in_sync(pair, True)
    pair.lbd["lb2"].ready(False, "draining")
    wait_for(lambda: pair.status("lb2", "vip-a")["state"] == "initialize", 10, "lb2 to be unfit")
    prober = Prober(pair.lab, VIP["vip-a"])
    status, answer = maintenance(pair, "lb1", True)
    print("    the peer does not take it:", status, answer["error"])
    assert status == 409 and "vip-a" in answer["error"], (status, answer)
    assert not pair.get("lb1", "/v1/status")["maintenance"]["on"]
    prober.judge(SEAMLESS_MS)
    assert pair.owner("vip-a") == "lb1"
    status, answer = maintenance(pair, "lb1", True, force=True)
    assert status == 200 and answer["on"], (status, answer)
    wait_for(lambda: not pair.holders("vip-a"), 2, "nobody to own")
    pair.lbd["lb2"].ready(True)
    assert maintenance(pair, "lb1", False)[0] == 200
    assert maintenance(pair, "lb1", "on")[0] == 400 and post(pair, "lb1", "/v1/maintenance", {})[0] == 400


if __name__ == "__main__":
    run(tests_of(globals()), prepare=Pair.settle)
