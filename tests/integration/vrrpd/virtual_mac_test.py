#!/usr/bin/env python3
"""Virtual MAC addresses: a pair of vrrpd in namespaces, a client whose neighbour entry must never change.

Needs root; skipped loudly without. Prints what it measured. Arguments: names of tests to run.
"""

import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

from mac_watch import MacWatch  # noqa: E402
from netlab import SKIP, binaries, wait_for  # noqa: E402
from runner import both_families, run, tests_of  # noqa: E402
from two_nodes import NODES, SEAMLESS_MS, Prober, milliseconds  # noqa: E402

DOWN_MS = 400
RELEASE_MS = 50
V4, V6 = "192.0.2.100", "2001:db8::101"
MAC4, MAC6 = "00:00:5e:00:01:33", "00:00:5e:00:02:3d"
DEVICE4, DEVICE6 = "vr4.51.eth0", "vr6.61.eth0"
FOUR = {"name": "vip-4", "addresses": [V4 + "/24"], "vrid": 51}
SIX = {"name": "vip-6", "addresses": [V6 + "/64"], "vrid": 61}


def start(pair, *virtual_addresses, nodes=NODES, **extra):
    """The nodes run this configuration, lb1 owns everything."""
    stop(pair)
    pair.write_virtual_addresses([
        {"interface": "eth0", "preferred_node": "lb1", "advert_interval": "100ms", "virtual_mac": True, **each, **extra}
        for each in virtual_addresses])
    for node in nodes:
        pair.start(node)
    for each in virtual_addresses:
        wait_for(lambda: pair.owner(each["name"]) == "lb1", 10, f"lb1 to own {each['name']}")


def stop(pair):
    for node in NODES:
        if node in pair.process and pair.process[node].alive():
            pair.process[node].signal(signal.SIGTERM)
            pair.process[node].wait(8)


def links(pair, node):
    return {link["ifname"]: link for link in json.loads(pair.lab.ip(node, "-j", "link").stdout)}


def entry(pair, address):
    """The client's neighbour entry."""
    found = json.loads(pair.lab.ip("client", "-j", "neigh", "show", address, "dev", "eth0").stdout)
    return found[0].get("lladdr") if found else None


def setting(pair, node, name, value=None):
    path = "/proc/sys/net/" + name
    if value is not None:
        pair.lab.run(node, "sh", "-c", f"echo {value} > {path}")
    return int(pair.lab.run(node, "cat", path).stdout)


def status(pair, node, name):
    return pair.status(node, name)["virtual_mac"]


# ---- where everything is --------------------------------------------------------------------------

def test_devices_and_settings(pair):
    start(pair, FOUR, SIX)
    for node in NODES:
        found = links(pair, node)
        assert found[DEVICE4]["address"] == MAC4 and found[DEVICE6]["address"] == MAC6, found
        assert status(pair, node, "vip-4") == {"address": MAC4, "device": DEVICE4, "in_force": True, "problem": ""}
        for name, value in (("arp_ignore", 1), ("arp_announce", 2), ("rp_filter", 2), ("accept_local", 1),
                            ("promote_secondaries", 1), ("forwarding", 0)):
            assert setting(pair, node, f"ipv4/conf/{DEVICE4}/{name}") == value, name
        for name, value in (("accept_dad", 0), ("dad_transmits", 0), ("accept_ra", 0), ("addr_gen_mode", 1)):
            assert setting(pair, node, f"ipv6/conf/{DEVICE6}/{name}") == value, name
        assert setting(pair, node, f"ipv6/conf/{DEVICE4}/disable_ipv6") == 1
        assert setting(pair, node, f"ipv6/conf/{DEVICE6}/disable_ipv6") == 0
    assert pair.on_interface("lb1", DEVICE4) == {V4}
    assert pair.on_interface("lb1", DEVICE6) == {V6, "fe80::112:3d"}
    assert not {V4, V6} & pair.on_interface("lb1")
    assert not pair.on_interface("lb2", DEVICE4) and not pair.on_interface("lb2", DEVICE6)
    metrics = pair.call("lb1", "GET", "/metrics")[1].decode()
    assert 'tandem_vrrp_virtual_mac{virtual_address="vip-4",interface="eth0",vrid="51"} 1' in metrics


def test_everything_is_put_back(pair):
    for node in NODES:
        for name in ("arp_ignore", "arp_announce"):
            setting(pair, node, "ipv4/conf/eth0/" + name, 0)
    start(pair, FOUR, SIX)
    assert setting(pair, "lb1", "ipv4/conf/eth0/arp_ignore") == 1
    assert setting(pair, "lb1", "ipv4/conf/eth0/arp_announce") == 2
    stop(pair)
    assert_as_before(pair, "lb1")
    assert_as_before(pair, "lb2")


def assert_as_before(pair, node):
    left = [name for name in links(pair, node) if name.startswith("vr")]
    assert not left, left
    for name in ("arp_ignore", "arp_announce"):
        assert setting(pair, node, "ipv4/conf/eth0/" + name) == 0, name
    assert not list(pair.run_dir[node].glob("vrrpd.arp.*"))


def test_guard_cleans_up(pair):
    start(pair, FOUR, SIX)
    _, daemon = pair.pids("lb2")  # which holds nothing, so that nothing has to stay mute
    os.kill(daemon, signal.SIGKILL)
    pair.process["lb2"].wait(5)
    assert_as_before(pair, "lb2")


def test_release_after_the_death_of_both(pair):
    start(pair, FOUR, SIX)
    for pid in pair.pids("lb1"):
        os.kill(pid, signal.SIGKILL)
    pair.process["lb1"].wait(5)
    assert DEVICE4 in links(pair, "lb1") and setting(pair, "lb1", "ipv4/conf/eth0/arp_ignore") == 1
    pair.lab.run("lb1", binaries() / "vrrpd", "--config", pair.config, "--run-dir", pair.run_dir["lb1"], "--release")
    assert_as_before(pair, "lb1")


def test_restart_after_the_death_of_both(pair):
    start(pair, FOUR, SIX)
    for pid in pair.pids("lb1"):
        os.kill(pid, signal.SIGKILL)
    pair.process["lb1"].wait(5)
    pair.lab.ip("lb1", "link", "add", "link", "eth0", "name", "vr4.9.eth0", "address", "00:00:5e:00:01:09", "type",
                "macvlan")  # of an older configuration
    pair.start("lb1")
    wait_for(lambda: pair.owner("vip-4") == "lb1", 10, "the return")
    found = links(pair, "lb1")
    assert "vr4.9.eth0" not in found and DEVICE4 in found, found
    stop(pair)
    assert_as_before(pair, "lb1")


def test_a_stranger_of_the_same_name(pair):
    """A device that is not ours stays; the address lives on the interface, and everybody can read why. When it has gone
    the virtual MAC address comes into force."""
    stop(pair)
    pair.lab.ip("lb1", "link", "add", "name", DEVICE4, "type", "bridge")
    try:
        start(pair, FOUR)
        shown = status(pair, "lb1", "vip-4")
        assert not shown["in_force"] and DEVICE4 in shown["problem"], shown
        assert V4 in pair.on_interface("lb1")
        prober = Prober(pair.lab, V4)
        time.sleep(0.2)
        prober.stop()
        assert prober.answered
        pair.lab.ip("lb1", "link", "del", DEVICE4)
        wait_for(lambda: status(pair, "lb1", "vip-4")["in_force"], 13, "the next attempt")
        wait_for(lambda: pair.on_interface("lb1", DEVICE4) == {V4} and entry(pair, V4) == MAC4, 3, "the address to change over")
        assert status(pair, "lb1", "vip-4")["problem"] == ""
    finally:
        stop(pair)
        pair.lab.ip("lb1", "link", "del", DEVICE4, check=False)


def test_strict_reverse_path_filter(pair):
    """Of "all" and the device's own the larger counts: the device is loose also if "all" becomes strict later."""
    start(pair, FOUR)
    setting(pair, "lb1", "ipv4/conf/all/rp_filter", 1)
    try:
        prober = Prober(pair.lab, V4)
        time.sleep(0.2)
        prober.stop()
        assert prober.answered
    finally:
        setting(pair, "lb1", "ipv4/conf/all/rp_filter", 0)


def test_settings_are_kept(pair):
    """The system's own settings may be applied late, after the device was made."""
    start(pair, FOUR)
    for name, wanted in (("eth0/arp_ignore", 1), ("eth0/arp_announce", 2), (DEVICE4 + "/rp_filter", 2)):
        begun = time.monotonic()
        setting(pair, "lb1", "ipv4/conf/" + name, 0)
        wait_for(lambda: setting(pair, "lb1", "ipv4/conf/" + name) == wanted, 12, name)
        print(f"    {name} again after {time.monotonic() - begun:.1f} s")
    assert "somebody had" in pair.process["lb1"].text()


def test_settings_for_all_that_spoil_it(pair):
    setting(pair, "lb1", "ipv4/conf/all/arp_filter", 1)
    try:
        start(pair, FOUR)
        assert "arp_filter" in status(pair, "lb1", "vip-4")["problem"], status(pair, "lb1", "vip-4")
        assert "arp_filter" in pair.process["lb1"].text()
    finally:
        setting(pair, "lb1", "ipv4/conf/all/arp_filter", 0)


# ---- the address moves, its MAC address does not ------------------------------------------------

def one_speaker(watch, node, since):
    """From `node` came no frame of the virtual MAC address since then."""
    stray = watch.of(node, since)
    assert not stray, f"{len(stray)} frames of {node}, the first after {milliseconds(stray[0][0] - since):.1f} ms: {stray[:3]}"


def moves(pair, virtual_address, mac, what, action, limit_ms, lossless=False):
    address, name = virtual_address["addresses"][0].split("/")[0], virtual_address["name"]
    start(pair, virtual_address)
    prober, watch = Prober(pair.lab, address), MacWatch(pair.lab, mac)
    time.sleep(0.4)
    assert entry(pair, address) == mac, entry(pair, address)
    one_speaker(watch, "lb2", 0)
    assert watch.of("lb1", kind="advert"), "adverts come with the virtual MAC address"
    pids = pair.pids("lb1")
    since = time.monotonic_ns()
    action(pids)
    pair.moved_within(name, "lb2", since, limit_ms, what)
    time.sleep(0.8)
    assert entry(pair, address) == mac, entry(pair, address)
    first = watch.of("lb2", since)[0][0]
    one_speaker(watch, "lb1", first + 2_000_000)
    watch.stop()
    print(f"    first frame of lb2 after {milliseconds(first - since):.1f} ms")
    prober.judge(SEAMLESS_MS if lossless else limit_ms)


def kill(pids):
    for number in (signal.SIGSTOP, signal.SIGKILL):  # or one would still act on the death of the other
        for pid in pids:
            os.kill(pid, number)


def kill_daemon(pids):
    kill(pids[1:])


def test_daemon_dies(pair):
    moves(pair, FOUR, MAC4, "kill -9 of the daemon", kill_daemon, RELEASE_MS)
    assert DEVICE4 not in links(pair, "lb1")


def test_daemon_dies_ipv6(pair):
    moves(pair, SIX, MAC6, "IPv6, kill -9 of the daemon", kill_daemon, RELEASE_MS)
    assert DEVICE6 not in links(pair, "lb1")


def test_daemon_dies_with_sockets_of_its_own(pair):
    """The kernel takes its time to close what only the daemon has open; the guard must not wait for that."""
    for attempt in range(3):  # a processor of a virtual machine that stands still can turn things round
        sign = noticed_by(pair)
        if sign == "lifeline":
            return
    assert sign == "lifeline", sign


def noticed_by(pair):
    start(pair, FOUR)
    pair.write_virtual_addresses([
        {"interface": "eth0", "preferred_node": "lb1", "advert_interval": "100ms", "virtual_mac": True, **each}
        for each in (FOUR, SIX)])
    pair.reload()
    wait_for(lambda: pair.owner("vip-6") == "lb1", 10, "lb1 to own what the reload added")
    pids = pair.pids("lb1")
    since = time.monotonic_ns()
    kill_daemon(pids)
    for name in ("vip-4", "vip-6"):
        pair.moved_within(name, "lb2", since, RELEASE_MS, f"{name}, kill -9 of the daemon")
    pair.process["lb1"].wait(5)
    said = re.search(r"released them in (\d+) us, noticed by its (\w+), (\d+) us before its process was gone",
                     pair.process["lb1"].text())
    assert said, pair.process["lb1"].text()
    print(f"    the guard noticed it by the {said[2]}, {said[3]} us before the process was gone; released them in {said[1]} us")
    return said[2]


def test_daemon_and_guard_die(pair):
    moves(pair, FOUR, MAC4, "kill -9 of both", kill, DOWN_MS)


def test_daemon_and_guard_die_ipv6(pair):
    moves(pair, SIX, MAC6, "IPv6, kill -9 of both", kill, DOWN_MS)


def test_planned_move(pair):
    moves(pair, FOUR, MAC4, "failover",
          lambda _: pair.call("lb1", "POST", "/v1/failover", {"virtual_address": "vip-4"}), RELEASE_MS, lossless=True)


def test_planned_move_ipv6(pair):
    moves(pair, SIX, MAC6, "IPv6, failover",
          lambda _: pair.call("lb1", "POST", "/v1/failover", {"virtual_address": "vip-6"}), RELEASE_MS, lossless=True)


def frozen(pair, virtual_address, mac):
    start(pair, virtual_address)
    name, address = virtual_address["name"], virtual_address["addresses"][0].split("/")[0]
    pids = pair.pids("lb1")
    prober, watch = Prober(pair.lab, address), MacWatch(pair.lab, mac)
    time.sleep(0.3)
    since = time.monotonic_ns()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        pair.moved_within(name, "lb2", since, DOWN_MS, "SIGSTOP of daemon and guard")
        time.sleep(1.5)
    finally:
        woken = time.monotonic_ns()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    late = pair.event("lb1", "backup", woken, name)
    assert late["reason"] == "late", late
    back = pair.event("lb1", "active", woken, name)["time_ns"]
    first = watch.of("lb2", since)[0][0]
    stray = [frame for frame in watch.of("lb1", first) if frame[0] < back - 2_000_000]
    last = max(frame[0] for frame in watch.of("lb1") if frame[0] < woken)
    watch.stop()
    print(f"    first frame of lb2 after {milliseconds(first - since):.1f} ms")
    assert last < first and not stray, stray[:5]
    prober.judge(DOWN_MS)


def test_frozen(pair):
    frozen(pair, FOUR, MAC4)


def test_frozen_ipv6(pair):
    frozen(pair, SIX, MAC6)


def test_nothing_from_or_to_a_backup(pair):
    """RFC 9568 6.4.2: what comes for the virtual MAC address is discarded, whatever the host would say to it."""
    start(pair, FOUR)
    pair.lab.ip("client", "neigh", "replace", "192.0.2.12", "lladdr", MAC4, "dev", "eth0", "nud", "permanent")
    pair.lab.isolate("lb1")  # and the bridge shall deliver it to lb2
    own = None
    try:
        pair.lab.run("lan", "bridge", "fdb", "replace", MAC4, "dev", "lb2", "master", "static")
        pair.process["lb2"].signal(signal.SIGSTOP)
        own = Prober(pair.lab, "192.0.2.12")
        time.sleep(0.15)  # before lb2 takes over
        own.stop()
        assert not own.answered, len(own.answered)
    finally:
        pair.process["lb2"].signal(signal.SIGCONT)
        pair.lab.run("lan", "bridge", "fdb", "del", MAC4, "dev", "lb2", "master", check=False)
        pair.lab.isolate("lb1", False)
        pair.lab.ip("client", "neigh", "del", "192.0.2.12", "dev", "eth0", check=False)


def test_conflict_is_heard(pair):
    """An owner hears another one although both have the same MAC address: the partition heals, one remains."""
    start(pair, FOUR)
    pair.lab.isolate("lb2")
    wait_for(lambda: [pair.status(node, "vip-4")["state"] for node in NODES] == ["active"] * 2, 5, "two owners")
    since = time.monotonic_ns()
    pair.lab.isolate("lb2", False)
    assert pair.event("lb2", "backup", since, "vip-4")["reason"] == "higher_priority"
    wait_for(lambda: pair.owner("vip-4") == "lb1", 5, "one owner")


# ---- somebody meddles -------------------------------------------------------------------------------

def test_device_removed_and_down(pair):
    start(pair, FOUR, SIX)
    for words in (("link", "del", DEVICE4), ("link", "set", DEVICE4, "down"), ("link", "set", DEVICE6, "down")):
        pair.lab.ip("lb1", *words)
        device, address = (DEVICE4, V4) if DEVICE4 in words else (DEVICE6, V6)
        since = time.monotonic_ns()
        wait_for(lambda: "UP" in links(pair, "lb1").get(device, {}).get("flags", []) and
                 address in pair.on_interface("lb1", device), 2, f"{device} to come back after {words}")
        print(f"    {' '.join(words)}: back after {milliseconds(time.monotonic_ns() - since):.0f} ms")
        assert pair.owner("vip-4") == "lb1"
    for address in (V4 + "/32", V6 + "/128"):
        device, bare = (DEVICE4, V4) if "." in address else (DEVICE6, V6)
        since = time.monotonic_ns()
        pair.lab.ip("lb1", "addr", "del", address, "dev", device)
        pair.event("lb1", "address_restored", since, "vip-4" if bare == V4 else "vip-6")
        assert bare in pair.on_interface("lb1", device)


def test_interface_goes_and_comes(pair):
    start(pair, FOUR)
    since = time.monotonic_ns()
    pair.lab.link("lb1", "eth0", False)
    pair.moved_within("vip-4", "lb2", since, DOWN_MS, "interface down")
    pair.lab.link("lb1", "eth0", True)
    pair.event("lb1", "active", since, "vip-4", 10)
    assert pair.on_interface("lb1", DEVICE4) == {V4}


def test_reload_switches_it(pair):
    start(pair, FOUR)
    for wanted in (False, True):
        pair.write_virtual_addresses([{"interface": "eth0", "preferred_node": "lb1", "advert_interval": "100ms",
                                       "virtual_mac": wanted, **FOUR}])
        pair.reload()
        where = DEVICE4 if wanted else "eth0"
        wait_for(lambda: pair.owner("vip-4") == "lb1" and (DEVICE4 in links(pair, "lb1")) == wanted and
                 V4 in pair.on_interface("lb1", where), 15, f"virtual_mac to be {wanted}")


# ---- open connections --------------------------------------------------------------------------------

class Echo:
    """A server on a node that sends everything back."""

    def __init__(self, lab, node, port=7777):
        with lab.inside(node):
            self.socket = socket.create_server(("0.0.0.0", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(peer,), daemon=True).start()

    @staticmethod
    def _echo(peer):
        try:
            while data := peer.recv(4096):
                peer.sendall(data)
        except OSError:
            pass


def stays_open(pair, what, action, to):
    connection = pair.lab.connect("client", V4, 7777)
    stop_at = None
    rounds = 0
    since = time.monotonic_ns()
    action()
    while stop_at is None or time.monotonic() < stop_at:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x", "the connection has ended"
        rounds += 1
        if stop_at is None and pair.owner("vip-4") == to:
            stop_at = time.monotonic() + 1.5
        time.sleep(0.001)
        assert time.monotonic_ns() - since < 12e9, "no move"
    connection.close()
    print(f"    {what}: {rounds} round trips of a connection that stayed open")


def test_connections_survive_a_planned_move(pair):
    start(pair, FOUR)
    servers = [Echo(pair.lab, node) for node in NODES]
    time.sleep(1.2)
    stays_open(pair, "failover", lambda: pair.call("lb1", "POST", "/v1/failover", {"virtual_address": "vip-4"}), "lb2")
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(8)
    # The preferred node comes back and preempts: the owner gets no word before.
    stays_open(pair, "return of the preferred node", lambda: pair.start("lb1"), "lb1")
    for server in servers:
        server.socket.close()


# ---- in the house of another ------------------------------------------------------------------------

def test_keepalived_with_vmac(pair):
    if shutil.which("keepalived") is None:
        print("    SKIPPED: no keepalived")
        return
    start(pair, FOUR, nodes=["lb1"], foreign=True, priority=150, checksum="rfc5798")
    config = pair.lab.directory / "keepalived.conf"
    config.write_text(f"""global_defs {{ vrrp_version 3 }}
vrrp_instance vip {{ interface eth0
 use_vmac
 state BACKUP
 virtual_router_id 51
 priority 100
 advert_int 0.1
 virtual_ipaddress {{ {V4}/32 }} }}
""")
    other = pair.lab.start("lb2", "keepalived", ["keepalived", "-n", "-l", "-D", "-f", config, "-p",
                                                pair.lab.directory / "k.pid", "-r", pair.lab.directory / "k.vrrp"])
    try:
        wait_for(lambda: "Entering BACKUP STATE" in other.text(), 10, "keepalived")
        time.sleep(0.5)
        prober = Prober(pair.lab, V4)
        time.sleep(0.3)
        assert "MASTER" not in other.text(), "keepalived hears our adverts"
        assert entry(pair, V4) == MAC4
        pair.process["lb1"].signal(signal.SIGTERM)
        wait_for(lambda: "Entering MASTER STATE" in other.text(), 5, "keepalived to take over")
        time.sleep(0.3)
        assert entry(pair, V4) == MAC4
        pair.process["lb1"].wait(8)
        pair.start("lb1")
        wait_for(lambda: pair.owner("vip-4") == "lb1", 10, "the return")  # it hears keepalived's, and preempts
        time.sleep(0.3)
        assert entry(pair, V4) == MAC4
        prober.judge(DOWN_MS)
    finally:
        other.stop()


def equip(lab):
    both_families(lab)
    if lab.ip("lb1", "link", "add", "link", "eth0", "name", "try", "type", "macvlan", check=False).returncode != 0:
        print("SKIPPED: the kernel has no macvlan")
        sys.exit(SKIP)
    lab.ip("lb1", "link", "del", "try")


if __name__ == "__main__":
    run(tests_of(globals()), equip=equip)
