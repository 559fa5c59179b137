#!/usr/bin/env python3
"""Two vrrpd in network namespaces, with lbd and syncd played by the test: every way to lose an owner.

Needs root; skipped loudly without. Prints what it measured. Arguments: names of tests to run.
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
for folder in ("tests/system", "tests/support", "tests/integration/vrrpd"):
    sys.path.insert(0, str(ROOT / folder))

import vrrp_packets as vrrp  # noqa: E402
from arp_prober import ArpProber  # noqa: E402
from netlab import binaries, wait_for  # noqa: E402
from runner import run, tests_of  # noqa: E402
from stand_ins import Lbd, Syncd  # noqa: E402
from two_nodes import NODES, SEAMLESS_MS, VIP, Pair, Prober, milliseconds  # noqa: E402

DOWN_MS = 400      # 100 ms adverts: three intervals, the skew, and the machine
RELEASE_MS = 50    # somebody said that the owner is gone
LIFETIME_MS = 4500 # the kernel ends a lifetime of 3 s within the next second


# ---- the ways to lose an owner ------------------------------------------------------------------

def test_kill_9_of_guard_and_daemon(pair):
    prober = Prober(pair.lab, VIP["vip-a"])
    time.sleep(0.3)
    guard, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(guard, signal.SIGKILL)
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-a", "lb2", since, DOWN_MS, "kill -9 of both")
    wait_for(lambda: VIP["vip-a"] not in pair.on_interface("lb1"), 8, "the kernel to remove the address")
    expired = milliseconds(time.monotonic_ns() - since)
    pair.stalls.at_most("the kernel's removal", expired, LIFETIME_MS, since)
    print(f"    the kernel removed the address after {expired:.0f} ms")
    prober.judge(DOWN_MS)


def tc(pair, *words):
    return pair.lab.run("lb1", "tc", *words).stdout


def filters(pair):
    return tc(pair, "filter", "show", "dev", "eth0", "ingress") + tc(pair, "filter", "show", "dev", "eth0", "egress")


def kill_both(pair):
    for pid in pair.pids("lb1"):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not pair.lab.pids("lb1", "vrrpd"), 5, "both to end")


def test_release_detaches_the_programs(pair):
    kill_both(pair)
    assert "lease_ingress" in filters(pair) and "handover_relay" in filters(pair), "what a killed vrrpd leaves"
    pair.release("lb1")
    assert filters(pair) == "", filters(pair)
    assert "clsact" not in tc(pair, "qdisc", "show", "dev", "eth0"), "the qdisc that vrrpd made"
    assert not list(pair.run_dir["lb1"].glob("vrrpd.clsact.*"))


def test_release_leaves_what_others_made(pair):
    place = ("dev", "eth0", "ingress", "protocol", "all", "prio", "7")
    tc(pair, "filter", "add", *place, "bpf", "bytecode", "1,6 0 0 0")  # on the qdisc that vrrpd made; matches nothing
    kill_both(pair)
    pair.release("lb1")
    assert "lease" not in filters(pair) and "bytecode" in filters(pair), filters(pair)
    tc(pair, "filter", "del", *place)
    pair.release("lb1")
    assert "clsact" not in tc(pair, "qdisc", "show", "dev", "eth0"), "nobody uses it any more"
    tc(pair, "qdisc", "add", "dev", "eth0", "clsact")  # an administrator's
    pair.start("lb1")
    wait_for(lambda: "lease_egress" in filters(pair), 5, "the lease to be attached")
    kill_both(pair)
    pair.release("lb1")
    kept = tc(pair, "qdisc", "show", "dev", "eth0")
    tc(pair, "qdisc", "del", "dev", "eth0", "clsact")
    assert "clsact" in kept, kept


def test_kill_9_of_the_daemon_alone(pair):
    prober = Prober(pair.lab, VIP["vip-a"])
    time.sleep(0.3)
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-a", "lb2", since, RELEASE_MS, "kill -9 of the daemon")
    assert pair.process["lb1"].wait(5) == 1, "the guard's exit code"
    assert VIP["vip-a"] not in pair.on_interface("lb1")
    prober.judge(RELEASE_MS)


def test_kill_9_of_the_guard_alone(pair):
    prober = Prober(pair.lab, VIP["vip-a"])
    time.sleep(0.3)
    guard, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(guard, signal.SIGKILL)
    pair.moved_within("vip-a", "lb2", since, RELEASE_MS, "kill -9 of the guard")
    wait_for(lambda: not pair.lab.pids("lb1", "vrrpd"), 5, "the daemon to leave")
    assert VIP["vip-a"] not in pair.on_interface("lb1")
    prober.judge(SEAMLESS_MS)


def test_lbd_dies(pair):
    prober = Prober(pair.lab, VIP["vip-a"])
    time.sleep(0.3)
    since = time.monotonic_ns()
    pair.lbd["lb1"].die()
    pair.moved_within("vip-a", "lb2", since, RELEASE_MS, "lbd's stream ended")
    fault = pair.event("lb1", "fault", since, "vip-a")
    print(f"    noticed after {milliseconds(fault['time_ns'] - since):.1f} ms: {fault['cause']}")
    assert VIP["vip-a"] not in pair.on_interface("lb1")
    prober.judge(RELEASE_MS)
    assert pair.status("lb1", "vip-a")["may_take_over"] is False
    pair.lbd["lb1"] = Lbd(pair.run_dir["lb1"])


def no_moment_without(pair, what, action, to="lb2", name="vip-a"):
    prober = Prober(pair.lab, VIP[name])
    time.sleep(0.3)
    since = time.monotonic_ns()
    action()
    pair.moved_within(name, to, since, RELEASE_MS, what)
    time.sleep(0.2)
    prober.judge(SEAMLESS_MS)


def test_lbd_freezes(pair):
    """An lbd that promised heartbeats falls silent: the address moves; with the next word it is fit again."""
    beating = {"ready": True, "reason": "", "heartbeat_ms": 50}
    stop = threading.Event()

    def beat():
        while not stop.wait(0.05):
            pair.lbd["lb1"].say(beating)
    thread = threading.Thread(target=beat)
    thread.start()
    try:
        time.sleep(0.8)
        assert pair.owner("vip-a") == "lb1", "as long as it says something"
    finally:
        since = time.monotonic_ns()
        stop.set()
        thread.join()
    pair.moved_within("vip-a", "lb2", since, 700, "lbd's heartbeat stopped")
    reason = pair.status("lb1", "vip-a")["may_take_over_reason"]
    assert "frozen" in reason, reason
    pair.lbd["lb1"].ready(True)
    wait_for(lambda: pair.status("lb1", "vip-a")["may_take_over"], 5, "lbd's word")


def test_lbd_drains(pair):
    no_moment_without(pair, "lbd drains", lambda: pair.lbd["lb1"].ready(False, "draining"))
    assert "draining" in pair.status("lb1", "vip-a")["may_take_over_reason"]
    pair.lbd["lb1"].ready(True)


def test_sigterm(pair):
    no_moment_without(pair, "SIGTERM", lambda: pair.process["lb1"].signal(signal.SIGTERM))
    assert pair.process["lb1"].wait(5) == 0
    assert VIP["vip-a"] not in pair.on_interface("lb1")


def test_preemption_by_the_returning_node(pair):
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(5)
    wait_for(lambda: pair.owner("vip-a") == "lb2", 10, "the other owner")
    prober = Prober(pair.lab, VIP["vip-a"])
    pair.start("lb1")
    wait_for(lambda: pair.owner("vip-a") == "lb1", 5, "the return")
    time.sleep(0.2)
    prober.judge(SEAMLESS_MS)


def test_no_preemption_before_in_sync(pair):
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(5)
    pair.syncd["lb1"].say(Syncd.status(False, True))
    pair.start("lb1")
    wait_for(lambda: (pair.run_dir["lb1"] / "vrrpd.sock").exists() and pair.owner("vip-a") == "lb2", 10, "the other")
    # Alone a syncd calls itself in sync after a while; lb2 knows more.
    for status, said in ((Syncd.status(False, True), "repairing"), (Syncd.status(True, False), "not connected")):
        pair.syncd["lb1"].say(status)
        wait_for(lambda: said in pair.status("lb1", "vip-a")["may_take_over_reason"], 5, f"the reason: {said}")
        time.sleep(0.8)  # longer than Active_Down_Interval: nothing must happen
        assert pair.owner("vip-a") == "lb2"
    since = time.monotonic_ns()
    pair.syncd["lb1"].say(Syncd.status(True, True))
    pair.moved_within("vip-a", "lb1", since, 2 * DOWN_MS, "in sync again")


def fail_over(pair, node, name="vip-a", **more):
    status, text = pair.call(node, "POST", "/v1/failover", {"virtual_address": name, **more})
    return status, json.loads(text)


def test_failover_asked_on_either_node(pair):
    for asked in NODES:
        no_moment_without(pair, f"failover, asked on {asked}",
                          lambda: print("    answer:", *fail_over(pair, asked)))
        time.sleep(1)
        assert pair.owner("vip-a") == "lb2", "it sticks"
        status, answer = fail_over(pair, asked)
        took, answered = answer.pop("took_ms"), time.monotonic_ns()
        assert (status, answer) == (200, {"virtual_address": "vip-a", "from": "lb2", "to": "lb1", "moved": True}), answer
        pair.stalls.at_most("the move back", took, RELEASE_MS, answered - int(took * 1e6), answered)
        assert pair.owner("vip-a") == "lb1"


def test_failover_refused(pair):
    pair.process["lb2"].signal(signal.SIGTERM)
    pair.process["lb2"].wait(5)
    pair.syncd["lb1"].say(Syncd.status(True, False))
    wait_for(lambda: not pair.get("lb1", "/v1/status")["peer_connected"], 10, "syncd's word")
    status, answer = fail_over(pair, "lb1")
    assert status == 409 and "no live peer" in answer["error"], (status, answer)
    prober = Prober(pair.lab, VIP["vip-a"])
    pair.syncd["lb1"].die()
    wait_for(lambda: "syncd ended" in pair.get("lb1", "/v1/status")["in_sync_reason"], 10, "syncd's end")
    status, answer = fail_over(pair, "lb1")
    assert status == 409 and "not in sync" in answer["error"] and "syncd ended" in answer["error"], (status, answer)
    status, answer = fail_over(pair, "lb1", force=True)
    print("    nobody there:", status, answer["error"])
    assert status == 409, (status, answer)
    prober.judge(SEAMLESS_MS, "an address that was never dropped")
    assert fail_over(pair, "lb1", "vip-x")[0] == 404
    assert pair.call("lb1", "POST", "/v1/failover", ["vip-a"])[0] == 400
    pair.syncd["lb1"] = Syncd(pair.run_dir["lb1"])


def test_interface_down(pair):
    since = time.monotonic_ns()
    pair.lab.link("lb1", "eth0", False)
    pair.moved_within("vip-a", "lb2", since, DOWN_MS, "interface down")
    wait_for(lambda: pair.status("lb1", "vip-a")["state"] == "initialize", 10, "the fault")
    assert "eth0" in pair.status("lb1", "vip-a")["cause"]
    pair.lab.link("lb1", "eth0", True)


def test_flapping_cable(pair):
    """The cable of the preferred node comes and goes each 200 ms: it takes its address back later each time."""
    pair.write_config(interval="40ms")  # with much slower adverts it would not even come back in between
    pair.reload()
    forget_losses(pair)
    since = time.monotonic_ns()

    def losses():
        return [e["time_ns"] for e in pair.events("lb1", since, "vip-a") if e.get("from") == "active"]

    def cut():
        for up in (False, True):
            pair.lab.link("lan", "lb1", up)
            time.sleep(0.2)
    cuts = 0
    try:
        while len(losses()) < 3 and cuts < 20:
            cut()
            cuts += 1
        for _ in range(2):
            cut()
        reason = pair.status("lb1", "vip-a")["may_take_over_reason"]
        assert pair.states("vip-a") == ["backup", "active"] and "lost the address several times" in reason, reason
    finally:
        pair.lab.link("lan", "lb1", True)
    wait_for(lambda: pair.owner("vip-a") == "lb1", 10, "lb1 to take it back in the end")
    taken = [e["time_ns"] for e in pair.events("lb1", since, "vip-a") if e["event"] == "active"]
    held = [milliseconds(back - lost) for lost, back in zip(losses(), taken)]
    print(f"    {cuts + 2} cuts, {len(losses())} losses, taken back after " + ", ".join(f"{ms:.0f}" for ms in held) + " ms")
    assert len(taken) == len(losses()) == 3, (losses(), taken)
    assert held[0] < 1000 <= held[1] < 2000 <= held[2], held
    pair.write_config()
    pair.reload()


def test_neighbours_are_asked_anew_after_a_cut(pair):
    def asked():
        """How the kernel of lb1 gets on with the client's link-layer address, which a packet needs."""
        with contextlib.suppress(BlockingIOError):  # enough of them wait for the answer
            sender.sendto(b"", ("192.0.2.10", 9))
        return pair.lab.ip("lb1", "neigh", "show", "192.0.2.10", "dev", "eth0").stdout
    with pair.lab.inside("lb1"):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    # The kernel would ask again after so long only: the test sees who asks.
    pair.lab.run("lb1", "sysctl", "-qw", "net.ipv4.neigh.eth0.retrans_time_ms=60000")
    try:
        pair.lab.link("lan", "lb1", False)
        wait_for(lambda: pair.status("lb1", "vip-a")["state"] == "initialize", 10, "the fault")
        wait_for(lambda: "INCOMPLETE" in asked(), 10, "a question without an answer")
        time.sleep(0.05)  # younger ones may be answered yet
        pair.lab.link("lan", "lb1", True)
        wait_for(lambda: "lladdr" in asked(), 10, "lb1 to reach the client")
    finally:
        pair.lab.run("lb1", "sysctl", "-qw", "net.ipv4.neigh.eth0.retrans_time_ms=1000")
        pair.lab.link("lan", "lb1", True)
        sender.close()


# ---- the kernel lease -----------------------------------------------------------------------------

def freeze(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def thaw(pids):
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def forget_losses(pair):
    """A node that lost its address several times does not preempt for a while; a new vrrpd knows of nothing."""
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(5)
    pair.settle()


def frozen(pair, choose, what, for_seconds):
    """lb1, which owns vip-a, is frozen and wakes up later: one owner at every moment, and no flap."""
    forget_losses(pair)
    pids = choose(pair.pids("lb1"))
    mac = {node: pair.mac(node) for node in NODES}
    prober = ArpProber(pair.lab, "client", VIP["vip-a"])
    time.sleep(0.2)
    assert pair.status("lb1", "vip-a")["lease"]["enforced"] is True
    since = time.monotonic_ns()
    freeze(pids)
    try:
        pair.moved_within("vip-a", "lb2", since, DOWN_MS, what)
        time.sleep(for_seconds)
        held = VIP["vip-a"] in pair.on_interface("lb1")
        woken = time.monotonic_ns()
    finally:
        thaw(pids)
    late = pair.event("lb1", "backup", woken, "vip-a")
    wait_for(lambda: VIP["vip-a"] not in pair.on_interface("lb1"), 2, "the late owner to drop the address")
    pair.event("lb1", "active", woken, "vip-a")  # it is the preferred node, and preempts by plan
    time.sleep(0.5)
    claims = prober.stop()
    last = [c[0] for c in claims if c[1] == mac["lb1"] and c[0] < woken][-1]
    first = [c[0] for c in claims if c[1] == mac["lb2"]][0]
    back = next(e["time_ns"] for e in pair.events("lb1", woken, "vip-a") if e["event"] == "active")
    stale = [c for c in claims if c[1] == mac["lb1"] and woken <= c[0] < back - 2_000_000]
    print(f"    the frozen node's last word after {milliseconds(last - since):.1f} ms, the peer's first after "
          f"{milliseconds(first - since):.1f} ms; still on the interface at the end: {held}; late noticed "
          f"{milliseconds(late['time_ns'] - woken):.1f} ms after waking up ({late['reason']})")
    assert last < first, "two owners"
    assert not stale, f"{len(stale)} stale claims after waking up"
    assert late["reason"] == "late", late
    assert len(pair.events("lb2", since, "vip-a")) <= 4, "no flap"
    return held


def test_frozen_daemon(pair):
    frozen(pair, lambda pids: pids[1:], "SIGSTOP of the daemon", 0.6)
    assert pair.status("lb1", "vip-a")["late_total"] == 1


def test_frozen_daemon_and_guard(pair):
    frozen(pair, lambda pids: pids, "SIGSTOP of daemon and guard", 0.6)


def test_frozen_for_long(pair):
    held = frozen(pair, lambda pids: pids, "SIGSTOP of daemon and guard", 4.5)
    assert not held, "the kernel removes an address that nobody renews"


def test_frozen_owner_is_mute_for_packets(pair):
    """With its old neighbour entry a client still reaches the frozen node: nothing may come back, but for itself."""
    forget_losses(pair)
    pids = pair.pids("lb1")
    mac = pair.mac("lb1")
    pair.lab.ip("client", "neigh", "replace", VIP["vip-a"], "lladdr", mac, "dev", "eth0", "nud", "permanent")
    try:
        since = time.monotonic_ns()
        freeze(pids)
        pair.moved_within("vip-a", "lb2", since, DOWN_MS, "SIGSTOP")
        assert VIP["vip-a"] in pair.on_interface("lb1")
        floating, own = Prober(pair.lab, VIP["vip-a"]), Prober(pair.lab, "192.0.2.11")
        time.sleep(0.3)
        floating.stop()
        own.stop()
        assert not floating.answered, f"{len(floating.answered)} of {len(floating.sent)} answered"
        assert own.answered, "the node's own address is not concerned"
    finally:
        thaw(pids)
        pair.lab.ip("client", "neigh", "del", VIP["vip-a"], "dev", "eth0", check=False)
    wait_for(lambda: pair.owner("vip-a") == "lb1", 5, "the return")
    assert pair.status("lb1", "vip-a")["lease"]["silenced_packets"] > 0


FLOOD = 1500  # adverts for another VRID: more than one turn of vrrpd reads, and than the kernel's ordinary queue holds


def foreign_packets(pair, node):
    _, text = pair.call(node, "GET", "/metrics")
    return next(int(line.split()[1]) for line in text.decode().splitlines()
                if line.startswith('tandem_vrrp_foreign_packets_total{interface="eth0",cause="vrid"}'))


def flood(pair):
    with pair.lab.inside("client"):
        sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.10"))
    packet = vrrp.ipv4("192.0.2.10", vrrp.finish(vrrp.advert(99, 255, [VIP["vip-a"]])))
    for _ in range(FLOOD):
        sender.sendto(packet, (vrrp.GROUP[4], 0))
    sender.close()


def test_frozen_backup_in_a_flood(pair):
    """What the owner said meanwhile waits behind a flood in the Backup's queue: it finds it, and stays Backup."""
    mac = pair.mac("lb1")
    for seconds in (0.5, 2):
        _, daemon = pair.pids("lb2")
        counted = foreign_packets(pair, "lb2")
        prober = ArpProber(pair.lab, "client", VIP["vip-a"])
        since = time.monotonic_ns()
        freeze([daemon])
        try:
            flood(pair)
            time.sleep(seconds)  # 0.3 s of silence would be enough to take over
        finally:
            thaw([daemon])
        wait_for(lambda: foreign_packets(pair, "lb2") - counted == FLOOD, 5, "the whole flood to be read")
        time.sleep(0.5)
        claims = prober.stop()
        assert not pair.events("lb2", since, "vip-a"), pair.events("lb2", since, "vip-a")
        assert pair.states("vip-a") == ["active", "backup"]
        assert claims and {claim[1] for claim in claims} == {mac}, "two owners"


def test_adverts_that_do_not_leave(pair):
    """Something on the owner's way out swallows its adverts: it must not answer beside the peer, which hears nothing."""
    forget_losses(pair)
    mac = {node: pair.mac(node) for node in NODES}
    prober = ArpProber(pair.lab, "client", VIP["vip-a"])
    time.sleep(0.1)
    since = time.monotonic_ns()
    # At the interface: adverts pass by the firewall of the host.
    pair.lab.run("lb1", "nft", "add table netdev fault; add chain netdev fault out "
                               "{ type filter hook egress device eth0 priority 0; }; "
                               "add rule netdev fault out ip protocol vrrp drop")
    try:
        pair.moved_within("vip-a", "lb2", since, DOWN_MS, "adverts swallowed on their way out")
        pair.event("lb1", "backup", since, "vip-a")
        time.sleep(1)  # lb1 tries to preempt meanwhile
        claims = prober.stop()
    finally:
        pair.lab.run("lb1", "nft", "delete table netdev fault")
    attempts = [e for e in pair.events("lb1", since, "vip-a") if e["event"] == "active"]
    first = next(c[0] for c in claims if c[1] == mac["lb2"])
    stale = [c for c in claims if c[1] == mac["lb1"] and c[0] > first]
    print(f"    {len(attempts)} attempts to take it back, {len(stale)} claims beside the owner")
    assert [c for c in claims if c[1] == mac["lb1"]], "lb1 answered before"
    assert not stale, "two owners"


def test_mute_gate_is_gone_after_the_end(pair):
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(5)
    for direction in ("ingress", "egress"):
        shown = pair.lab.run("lb1", "tc", "filter", "show", "dev", "eth0", direction).stdout
        assert "lease" not in shown, shown


# ---- addresses ------------------------------------------------------------------------------------

def test_removed_address_comes_back(pair):
    times = []
    for _ in range(5):
        since = time.monotonic_ns()
        pair.lab.ip("lb1", "addr", "del", VIP["vip-a"] + "/24", "dev", "eth0")
        event = pair.event("lb1", "address_restored", since, "vip-a")
        times.append(milliseconds(event["time_ns"] - since))
        pair.stalls.at_most("return of the address", times[-1], 100, since, event["time_ns"])
        assert VIP["vip-a"] in pair.on_interface("lb1")
    print(f"    back after {statistics.median(times):.1f} ms (ip's own time included), at most {max(times):.1f}")
    assert pair.owner("vip-a") == "lb1"


def test_stale_addresses_of_a_dead_predecessor(pair):
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(5)
    pair.lab.ip("lb1", "addr", "add", VIP["vip-b"] + "/24", "dev", "eth0")
    pair.lab.ip("lb1", "addr", "add", "192.0.2.77/24", "dev", "eth0")
    pair.start("lb1")
    wait_for(lambda: VIP["vip-b"] not in pair.on_interface("lb1"), 10, "the stale address to go")
    assert "192.0.2.77" in pair.on_interface("lb1"), "somebody else's address stays"
    pair.lab.ip("lb1", "addr", "del", "192.0.2.77/24", "dev", "eth0")


def test_addresses_carry_our_mark(pair):
    shown = pair.lab.ip("lb1", "-d", "addr", "show", "dev", "eth0").stdout
    line = next(line for line in shown.splitlines() if VIP["vip-a"] in line)
    assert "noprefixroute" in line and "dynamic" in line, line


# ---- life -----------------------------------------------------------------------------------------

def test_reload(pair):
    pair.write_config(names=("vip-a",))
    since = time.monotonic_ns()
    pair.process["lb1"].signal(signal.SIGHUP)
    pair.process["lb2"].signal(signal.SIGHUP)
    wait_for(lambda: not pair.holders("vip-b"), 3, "the removed address to go")
    assert pair.holders("vip-a") == ["lb1"]
    assert not [e for e in pair.events("lb1", since, "vip-a")], "the unchanged address is not touched"

    pair.config.write_text('{ "version": 1, "nonsense": true }')
    status, text = pair.call("lb1", "POST", "/v1/reload")
    assert status == 422 and json.loads(text)["diagnostics"], (status, text)
    assert pair.owner("vip-a") == "lb1"

    pair.write_config(interval="50ms")
    for node in NODES:
        status, text = pair.call(node, "POST", "/v1/reload")
        assert status == 200 and json.loads(text)["changed"], (status, text)
    pair.settle()
    assert pair.status("lb1", "vip-a")["advert_interval_ms"] == 50
    pair.write_config()
    for node in NODES:
        pair.call(node, "POST", "/v1/reload")


def test_reload_by_a_daemon_that_was_frozen(pair):
    """An address leaves the configuration at the moment in which its timer has gone off, but has not been served."""
    pair.process["lb2"].stop()
    pair.start("lb2")  # which has not owned vip-a, and has nothing to do for connections there before it lets go of it
    wait_for(lambda: pair.states("vip-a") == ["active", "backup"], 5, "lb2 to stand by")
    _, daemon = pair.pids("lb2")
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(pair.run_dir["lb2"] / "vrrpd.sock"))
    connection.sendall(b"POST /v1/reload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 100 "), "it waits for the rest of the request"
    pair.write_config(names=("vip-b",))
    freeze([daemon])
    try:
        connection.sendall(b"{}")
        time.sleep(0.5)  # a backup looks after its owner each 300 ms
    finally:
        thaw([daemon])
    assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    connection.close()
    wait_for(lambda: pair.state("lb2", "vip-b") is not None, 2, "an answer")
    assert pair.pids("lb2")[1] == daemon, "it is the same process"
    pair.write_config()
    pair.reload()


def test_second_instance_is_refused(pair):
    second = pair.lab.start("lb1", "second", [binaries() / "vrrpd", "--config", pair.config, "--node", "lb1",
                                              "--run-dir", pair.run_dir["lb1"]])
    assert second.wait(5) == 1, second.text()
    assert "vrrpd" in second.text()
    assert pair.holders("vip-a") == ["lb1"]


def test_bad_configuration(pair):
    def run(text, node="lb1"):
        path = pair.lab.directory / "bad.json"
        path.write_text(text)
        done = subprocess.run([binaries() / "vrrpd", "--config", path, "--node", node, "--run-dir",
                               pair.lab.directory / "none"], capture_output=True, text=True, timeout=10)
        return done.returncode, done.stderr
    good = json.loads(pair.config.read_text())
    code, said = run('{ "version": 1, "bogus": 1 }')
    assert code == 2 and "bad.json:1:" in said and "bogus" in said, (code, said)
    code, said = run(json.dumps({k: v for k, v in good.items() if k not in ("cluster", "virtual_addresses")}))
    assert code == 2 and "cluster" in said, (code, said)
    code, said = run(json.dumps({k: v for k, v in good.items() if k != "virtual_addresses"}))
    assert code == 2 and "virtual_addresses" in said, (code, said)
    code, said = run(json.dumps(good), node="lb9")
    assert code == 2 and "lb9" in said, (code, said)


def test_unicast(pair):
    pair.write_config(unicast=True)
    for node in NODES:
        pair.call(node, "POST", "/v1/reload")
    pair.settle()
    dropped = pair.status("lb2", "vip-a")["adverts_dropped"]
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-a", "lb2", since, RELEASE_MS, "unicast, kill -9 of the daemon")
    assert dropped["not_peer"] == 0 and dropped["ttl"] == 0, dropped
    pair.write_config()
    pair.call("lb2", "POST", "/v1/reload")


def test_fast_adverts(pair):
    """10 ms adverts: a silent death is noticed within 50 ms."""
    pair.write_config(interval="10ms")
    for node in NODES:
        pair.call(node, "POST", "/v1/reload")
    pair.settle()
    guard, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(guard, signal.SIGKILL)
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-a", "lb2", since, 50, "10 ms adverts, kill -9 of both")
    pair.write_config()
    pair.call("lb2", "POST", "/v1/reload")


def test_wireshark_agrees(pair):
    capture = subprocess.Popen(
        ["ip", "netns", "exec", pair.lab.ns("lb2"), "tshark", "-l", "-i", "eth0", "-c", "6", "-a", "duration:10",
         "-o", "vrrp.v3_checksum_as_in_v2:TRUE", "-f", "ip proto 112", "-T", "fields", "-e", "ip.src", "-e", "ip.dst",
         "-e", "ip.ttl", "-e", "vrrp.version", "-e", "vrrp.virt_rtr_id", "-e", "vrrp.prio",
         "-e", "vrrp.checksum.status", "-e", "_ws.expert.message"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, said = capture.communicate(timeout=30)
    lines = [line.split("\t") for line in out.splitlines()]
    assert len(lines) == 6, (out, said)
    for source, destination, ttl, version, vrid, priority, checksum, *expert in lines:
        assert (destination, ttl, version) == ("224.0.0.18", "255", "3"), lines
        assert checksum == "1", lines  # good
        assert not any(expert), lines
        # Besides the owners' adverts, a former owner says priority 0 while it has open connections.
        assert priority == "0" or (source, vrid, priority) in (("192.0.2.11", "51", "253"), ("192.0.2.12", "52", "253")), lines


def test_status_and_metrics(pair):
    status = pair.get("lb1", "/v1/status")
    assert status["daemon"] == "vrrpd" and status["node"] == "lb1" and status["lbd_ready"] is True
    other = pair.status("lb2", "vip-a")
    assert other["owner"] == "lb1" and other["state"] == "backup" and other["peer_priority"] == 253
    assert other["peer_last_advert_ms"] <= 150 and other["may_take_over"] is True
    assert sum(other["adverts_dropped"].values()) == 0
    timers = other["timers"]  # Skew_Time of priority 252: 4/256 of the interval
    assert timers["active_adver_interval_ms"] == 100 and timers["skew_time_ms"] == 1.562, timers
    assert timers["active_down_interval_ms"] == 301.562 and timers["due_ms"] <= 301.562, timers
    assert pair.status("lb1", "vip-a")["timers"]["due_ms"] <= 100
    _, text = pair.call("lb1", "GET", "/metrics")
    labels = b'{virtual_address="vip-a",interface="eth0",vrid="51"}'
    assert b"tandem_vrrp_state" + labels + b" 2" in text, text.decode()
    lateness = pair.status("lb1", "vip-a")["lateness"]
    assert sum(bucket["count"] for bucket in lateness["buckets"]) == lateness["count"] > 0, lateness
    assert b'tandem_vrrp_timer_lateness_seconds_bucket' + labels[:-1] + b',le="0.0001"}' in text, text.decode()


if __name__ == "__main__":
    run(tests_of(globals()), prepare=Pair.settle)
