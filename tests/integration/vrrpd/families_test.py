#!/usr/bin/env python3
"""IPv6 virtual addresses, IPv6 ones carried by an IPv4 router, VRRP version 2, unicast: a pair of vrrpd in namespaces.

Needs root; skipped loudly without. Prints what it measured. Arguments: names of tests to run.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

from netlab import wait_for  # noqa: E402
from runner import both_families, run, tests_of  # noqa: E402
from two_nodes import NODES, SEAMLESS_MS, Prober, milliseconds  # noqa: E402

DOWN_MS = 400
RELEASE_MS = 50
V6 = "2001:db8::101"
CARRIED = "2001:db8::100"


def address(name, addresses, vrid, **extra):
    return {"name": name, "addresses": addresses, "interface": "eth0", "vrid": vrid, "preferred_node": "lb1",
            "advert_interval": "100ms", **extra}


def start(pair, virtual_addresses, **nodes):
    """Both nodes run this configuration: lb1 owns everything, lb2 stands by."""
    pair.write_virtual_addresses(virtual_addresses, **nodes)
    for node in NODES:
        if node in pair.process and pair.process[node].alive():
            pair.process[node].signal(signal.SIGTERM)
            pair.process[node].wait(8)
    for node in NODES:
        pair.start(node)
    for each in virtual_addresses:
        wait_for(lambda: pair.states(each["name"]) == ["active", "backup"], 10, f"lb1 to own {each['name']}")


def capture(pair, place, count, filter_, *fields):
    """tshark's fields of the next packets, one list each."""
    words = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(
        ["ip", "netns", "exec", pair.lab.ns(place), "tshark", "-l", "-i", "eth0", "-c", str(count), "-a", "duration:10",
         "-o", "vrrp.v3_checksum_as_in_v2:TRUE", "-f", filter_, "-T", "fields", *words],
        capture_output=True, text=True, timeout=30)
    assert len(done.stdout.splitlines()) == count, (done.stdout, done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_ipv6(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61)])
    wait_for(lambda: V6 in pair.on_interface("lb1") and "fe80::112:3d" in pair.on_interface("lb1"), 5, "the addresses")
    wait_for(lambda: pair.status("lb2", "vip-6")["owner"] == "lb1", 5, "lb2 to name the owner, not its link-local address")
    shown = pair.lab.ip("lb1", "-d", "addr", "show", "dev", "eth0").stdout
    line = next(line for line in shown.splitlines() if V6 in line)
    assert V6 + "/128" in line and "nodad" in line and "deprecated" in line and "noprefixroute" in line, line
    seen = capture(pair, "lb2", 3, "ip6 proto 112", "ipv6.src", "ipv6.dst", "ipv6.hlim", "vrrp.version",
                   "vrrp.virt_rtr_id", "vrrp.prio", "vrrp.ipv6_addr", "vrrp.checksum.status", "_ws.expert.message")
    for source, destination, hops, version, vrid, priority, addresses, checksum, *expert in seen:
        assert source.startswith("fe80::") and destination == "ff02::12" and hops == "255", seen
        assert (version, vrid, priority, checksum) == ("3", "61", "253", "1"), seen
        assert addresses == "fe80::112:3d," + V6 and not any(expert), seen


def test_ipv6_owner_dies(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61)])
    prober = Prober(pair.lab, V6)
    time.sleep(0.3)
    macs = {node: json.loads(pair.lab.ip(node, "-j", "link", "show", "dev", "eth0").stdout)[0]["address"]
            for node in NODES}

    def client_sees():
        found = json.loads(pair.lab.ip("client", "-j", "-6", "neigh", "show", V6, "dev", "eth0").stdout)
        return found[0].get("lladdr") if found else None

    assert client_sees() == macs["lb1"], client_sees()
    guard, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(guard, signal.SIGKILL)
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-6", "lb2", since, DOWN_MS, "IPv6, kill -9 of both")
    wait_for(lambda: client_sees() == macs["lb2"], 2, "the client to believe the neighbor advertisement")
    wait_for(lambda: V6 not in pair.on_interface("lb1"), 8, "the kernel to remove the address")
    prober.judge(DOWN_MS)


def test_ipv6_daemon_dies(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61)])
    prober = Prober(pair.lab, V6)
    time.sleep(0.3)
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-6", "lb2", since, RELEASE_MS, "IPv6, kill -9 of the daemon")
    pair.process["lb1"].wait(5)
    assert V6 not in pair.on_interface("lb1")
    prober.judge(RELEASE_MS)


def test_neighbor_advertisement(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61)])
    seen = subprocess.Popen(
        ["ip", "netns", "exec", pair.lab.ns("client"), "tshark", "-l", "-i", "eth0", "-c", "2", "-a", "duration:8",
         "-f", "icmp6[icmp6type] == icmp6-neighboradvert and ip6 dst ff02::1", "-T", "fields", "-e", "ipv6.src",
         "-e", "ipv6.hlim", "-e", "icmpv6.nd.na.flag.r", "-e", "icmpv6.nd.na.flag.s", "-e", "icmpv6.nd.na.flag.o",
         "-e", "icmpv6.nd.na.target_address", "-e", "icmpv6.opt.linkaddr", "-e", "icmpv6.checksum.status",
         "-e", "_ws.expert.message"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in seen.stderr:  # tshark says when it listens
        if "Capturing" in line:
            break
    pair.call("lb1", "POST", "/v1/failover", {"virtual_address": "vip-6"})
    out, said = seen.communicate(timeout=20)
    lines = [line.split("\t") for line in out.splitlines()]
    assert lines, said
    mac = json.loads(pair.lab.ip("lb2", "-j", "link", "show", "dev", "eth0").stdout)[0]["address"]
    true = ("1", "True")
    for source, hops, router, solicited, override, target, link, checksum, *expert in lines:
        assert source == target and target in (V6, "fe80::112:3d") and hops == "255", lines
        assert router in true and solicited not in true and override in true and link == mac, lines
        assert checksum == "1" and not any(expert), lines


def test_ipv6_planned_move(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61)])
    prober = Prober(pair.lab, V6)
    time.sleep(0.3)
    since = time.monotonic_ns()
    pair.call("lb1", "POST", "/v1/failover", {"virtual_address": "vip-6"})
    pair.moved_within("vip-6", "lb2", since, RELEASE_MS, "IPv6, failover")
    time.sleep(0.2)
    prober.judge(SEAMLESS_MS)


def test_ipv6_removed_address_comes_back(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61)])
    since = time.monotonic_ns()
    pair.lab.ip("lb1", "addr", "del", V6 + "/128", "dev", "eth0")
    event = pair.event("lb1", "address_restored", since, "vip-6")
    print(f"    back after {milliseconds(event['time_ns'] - since):.1f} ms")
    assert V6 in pair.on_interface("lb1")


def test_carried_along(pair):
    """One state machine for both families; the IPv6 address moves with the IPv4 one."""
    start(pair, [address("vip-m", ["192.0.2.100/24", CARRIED + "/64"], 51)])
    wait_for(lambda: {"192.0.2.100", CARRIED} <= pair.on_interface("lb1"), 5, "both addresses")
    prober = Prober(pair.lab, CARRIED)
    time.sleep(0.3)
    since = time.monotonic_ns()
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.moved_within("vip-m", "lb2", since, RELEASE_MS, "IPv4 and IPv6 together, SIGTERM")
    pair.process["lb1"].wait(8)
    assert {"192.0.2.100", CARRIED} <= pair.on_interface("lb2")
    assert not {"192.0.2.100", CARRIED} & pair.on_interface("lb1")
    prober.judge(SEAMLESS_MS)
    assert pair.status("lb2", "vip-m")["adverts_dropped"]["checksum"] == 0


def test_same_vrid_in_both_families(pair):
    start(pair, [address("vip-4", ["192.0.2.100/24"], 61), address("vip-6", [V6 + "/64"], 61)])
    for name in ("vip-4", "vip-6"):
        status = pair.status("lb2", name)
        assert status["state"] == "backup" and not sum(status["adverts_dropped"].values()), status


def test_version_2(pair):
    start(pair, [address("vip-2", ["192.0.2.100/24"], 51, version=2, advert_interval="1s")])
    # lb2 may have owned it for a moment at the start, and cares for its connections then (priority 0).
    seen = capture(pair, "lb2", 2, "ip proto 112 and src 192.0.2.11", "ip.src", "vrrp.version", "vrrp.adver_int", "vrrp.checksum.status",
                   "vrrp.auth_type", "_ws.expert.message")
    for source, version, interval, checksum, auth, *expert in seen:
        assert (source, version, interval, checksum, auth) == ("192.0.2.11", "2", "1", "1", "0"), seen
        assert not any(expert), seen
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-2", "lb2", since, RELEASE_MS, "version 2, kill -9 of the daemon")


def test_versions_do_not_mix(pair):
    """A version 3 router counts what a version 2 one sends, and does not believe it."""
    start(pair, [address("vip-4", ["192.0.2.100/24"], 51, advert_interval="1s")])
    pair.write_virtual_addresses([address("vip-4", ["192.0.2.100/24"], 51, advert_interval="1s", version=2)])
    since = time.monotonic_ns()
    pair.call("lb2", "POST", "/v1/reload")
    pair.event("lb2", "active", since, "vip-4", 8)
    wait_for(lambda: pair.status("lb1", "vip-4")["adverts_dropped"]["version"] > 0, 10, "the count")
    assert pair.status("lb1", "vip-4")["state"] == "active"


def test_unicast_ipv6(pair):
    start(pair, [address("vip-6", [V6 + "/64"], 61, unicast=True)], node_addresses=("2001:db8::11", "2001:db8::12"))
    _, daemon = pair.pids("lb1")
    since = time.monotonic_ns()
    os.kill(daemon, signal.SIGKILL)
    pair.moved_within("vip-6", "lb2", since, RELEASE_MS, "IPv6 unicast, kill -9 of the daemon")
    assert not sum(pair.status("lb2", "vip-6")["adverts_dropped"].values()), pair.status("lb2", "vip-6")


def test_unicast_pins_the_peer(pair):
    """The peer's neighbour entry is permanent while vrrpd runs, and gone with it."""
    def entry(node):
        peer = "192.0.2.12" if node == "lb1" else "192.0.2.11"
        found = json.loads(pair.lab.ip(node, "-j", "neigh", "show", peer, "dev", "eth0").stdout)
        return found[0] if found else {}

    start(pair, [address("vip-4", ["192.0.2.100/24"], 51, unicast=True)])
    wait_for(lambda: "PERMANENT" in entry("lb1").get("state", []), 15, "the pinned entry")  # the kernel verifies after 5 s
    mac = json.loads(pair.lab.ip("lb2", "-j", "link", "show", "dev", "eth0").stdout)[0]["address"]
    assert entry("lb1")["lladdr"] == mac, entry("lb1")
    since = time.monotonic_ns()
    pair.lab.run("lb2", "sysctl", "-qw", "net.ipv4.conf.eth0.arp_ignore=8")  # lb2 answers no ARP any more
    time.sleep(1.5)
    assert not pair.events("lb2", since, "vip-4"), "no flap while ARP is lost"
    pair.lab.run("lb2", "sysctl", "-qw", "net.ipv4.conf.eth0.arp_ignore=1")
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(8)
    assert "PERMANENT" not in entry("lb1").get("state", []), entry("lb1")


def test_pin_of_a_killed_predecessor_is_removed(pair):
    start(pair, [address("vip-4", ["192.0.2.100/24"], 51, unicast=True)])
    pair.process["lb2"].signal(signal.SIGTERM)
    pair.process["lb2"].wait(8)
    pair.lab.ip("lb2", "neigh", "replace", "192.0.2.11", "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud",
                "permanent", "proto", "112")
    pair.start("lb2")
    mac = json.loads(pair.lab.ip("lb1", "-j", "link", "show", "dev", "eth0").stdout)[0]["address"]

    def healed():
        with pair.lab.inside("lb2"):
            knocking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        knocking.sendto(b"", ("192.0.2.11", 9))
        knocking.close()
        found = json.loads(pair.lab.ip("lb2", "-j", "neigh", "show", "192.0.2.11", "dev", "eth0").stdout)
        return found and found[0].get("lladdr") == mac

    wait_for(healed, 6, "the stale entry to go")


if __name__ == "__main__":
    run(tests_of(globals()), equip=both_families)
