#!/usr/bin/env python3
"""Hostile packets against two real vrrpd: none changes anything, each is counted under its cause, few lines are logged.

The attacker stands on the same LAN, sends from any address, and has recorded what the nodes said. lbd and syncd are
played by the test. A control shows that the same packets do harm where authentication is off.
"""

import json
import os
import re
import signal
import socket
import struct
import sys
import time

import checks as harness
from netlab import ROOT, binaries, wait_for

sys.path[:0] = [str(ROOT / "tests/integration/vrrpd"), str(ROOT / "tests/support")]

import vrrp_packets as vrrp  # noqa: E402
from two_nodes import NODES, VIP, Pair  # noqa: E402

VRID = {"vip-a": 51, "vip-b": 52}
SIX, SIX_LINK_LOCAL, SIX_VRID = "2001:db8::101", "fe80::112:3d", 61
SOURCE = "192.0.2.11"  # lb1's: all is said to lb2, in the name of its peer
STRANGER = "192.0.2.9"  # a router that is none of ours
FLOOD = 200            # packets of each kind and virtual router
LINES = 2              # that they may cost in the log, for each


class Attacker:
    """On the client's place of the LAN: sends packets with any header, and records adverts."""

    def __init__(self, lab):
        with lab.inside("client"):
            self.sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self.sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.10"))
            self.sender6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
            index = struct.pack("i", socket.if_nametoindex("eth0"))
            self.sender6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            self.ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self.ear6 = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))

    def send(self, *packets, times=1):
        for number in range(times):
            for packet in packets:
                version = packet[0] >> 4
                (self.sender if version == 4 else self.sender6).sendto(packet, (vrrp.GROUP[version], 0))
            if number % 50 == 49:
                time.sleep(0.005)  # no flood of the receive queue: each packet shall be judged

    def heard(self):
        """The adverts since the last call: (source, message)."""
        found = []
        while True:
            try:
                packet = self.ear.recv(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return found
            if packet[9] == 112:
                length = struct.unpack("!H", packet[2:4])[0]
                found.append((socket.inet_ntoa(packet[12:16]), packet[4 * (packet[0] & 15):length]))

    def heard_over_ipv6(self, sources):
        """An advert from one of `sources`, with its header."""
        self.ear6.settimeout(5)
        while True:
            packet = self.ear6.recv(2048)
            if packet[6] == 112 and socket.inet_ntop(socket.AF_INET6, packet[8:24]) in sources:
                return packet[:40 + struct.unpack("!H", packet[4:6])[0]]


def forged(name, priority=255, behind=b"", source=SOURCE, key=None, **more):
    message = vrrp.advert(VRID[name], priority, [VIP[name]], behind=behind, **more)
    if key is not None:
        message = vrrp.seal(key, source, message)
    return vrrp.ipv4(source, vrrp.finish(message))


def spoiled(packet, offset, value):
    return packet[:offset] + bytes([value]) + packet[offset + 1:]


def kinds(key):
    """What a forger without the key can think of: (name, cause, a packet for each virtual router)."""
    other = vrrp.node_key(bytes(32), "lb1")
    future = vrrp.trailer(2**40, 1)
    rows = [
        ("TTL 254", "ttl", lambda n: spoiled(forged(n), 8, 254)),
        ("an address missing", "truncated", lambda n: vrrp.ipv4(SOURCE, vrrp.finish(
            vrrp.advert(VRID[n], 255, [VIP[n], VIP[n]])[:12]))),
        ("four bytes", "truncated", lambda n: vrrp.ipv4(SOURCE, vrrp.advert(VRID[n], 255, [VIP[n]])[:4])),
        ("wrong checksum", "checksum", lambda n: spoiled(forged(n), 26, 0x5a)),
        ("another type", "type", lambda n: forged(n, kind=2)),
        ("version 1", "version", lambda n: forged(n, version=1)),
        ("no address", "no_address", lambda n: vrrp.ipv4(SOURCE, vrrp.finish(vrrp.advert(VRID[n], 255, [])))),
        ("interval 0", "interval", lambda n: forged(n, centiseconds=0)),
        ("no HMAC, priority 255", "no_authentication", lambda n: forged(n)),
        ("no HMAC, priority 0", "no_authentication", lambda n: forged(n, 0)),
        ("half a trailer", "no_authentication", lambda n: forged(n, behind=future[:26])),
        ("an HMAC of zeros", "wrong_hmac", lambda n: forged(n, behind=future)),
        ("another cluster key", "wrong_hmac", lambda n: forged(n, behind=future, key=other)),
        ("another cluster key, priority 0", "wrong_hmac", lambda n: forged(n, 0, behind=future, key=other)),
        ("an older life, priority 255", "replayed", lambda n: forged(
            n, behind=vrrp.trailer(5, 2**40), key=vrrp.node_key(key, "lb1"))),
        ("an older life, priority 0", "replayed", lambda n: forged(
            n, 0, behind=vrrp.trailer(5, 2**40), key=vrrp.node_key(key, "lb1"))),
    ]
    return [(what, cause, [make(name) for name in VIP]) for what, cause, make in rows]


def picture(pair):
    """What no packet may change: state, since when, and where the addresses are."""
    shown = {}
    for node in NODES:
        for address in pair.get(node, "/v1/status")["virtual_addresses"]:
            shown[node, address["name"]] = (address["state"], address["since_ns"], address["conflicts"])
    return shown, {name: pair.holders(name) for name in VIP}


def dropped(pair, node, cause):
    """(of the status, of /metrics), summed over the virtual addresses"""
    status = sum(address["adverts_dropped"][cause] for address in pair.get(node, "/v1/status")["virtual_addresses"])
    _, text = pair.call(node, "GET", "/metrics")
    pattern = rf'^tandem_vrrp_adverts_dropped_total\{{[^}}]*cause="{cause}"[^}}]*\}} (\d+)'
    return status, sum(int(value) for value in re.findall(pattern, text.decode(), re.M))


def lines(pair, node, cause):
    return [line for line in pair.process[node].text().splitlines() if f"dropped ({cause})" in line]


def nothing_happens(checks, pair, attacker, what, cause, packets):
    before, counted, logged = picture(pair), dropped(pair, "lb2", cause), len(lines(pair, "lb2", cause))
    attacker.send(*packets, times=FLOOD)
    wanted = FLOOD * len(packets)

    def arrived():
        now = dropped(pair, "lb2", cause)
        return now if now[0] - counted[0] >= wanted else None
    try:
        after = wait_for(arrived, 3, f"{wanted} packets to be counted as {cause}")
    except AssertionError:
        after = dropped(pair, "lb2", cause)
    checks.true(f"{what}: nothing happens", picture(pair) == before)
    checks.equal(f"{what}: counted as {cause}, in status and metrics", (after[0] - counted[0], after[1] - counted[1]),
                 (wanted, wanted))
    checks.at_most(f"{what}: lines in the log for {wanted} packets", len(lines(pair, "lb2", cause)) - logged,
                   LINES * len(packets))


def forgeries(checks, pair, attacker):
    key = bytes.fromhex(pair.key.read_text())
    for what, cause, packets in kinds(key):
        nothing_happens(checks, pair, attacker, what, cause, packets)
    said = " ".join(lines(pair, "lb2", "no_authentication") + lines(pair, "lb2", "wrong_hmac"))
    checks.true("the log names the sender and a remedy", SOURCE in said and "cluster key" in said)


def kinds_over_ipv6(key, source, target):
    """(name, cause, packet) for the IPv6 router, in the name of `source`, said to `target`."""
    def packet(priority=255, behind=b"", sender=source, with_key=None, hops=255):
        message = vrrp.advert(SIX_VRID, priority, [SIX_LINK_LOCAL, SIX], behind=behind)
        if with_key is not None:
            message = vrrp.seal(with_key, sender, message)
        return vrrp.ipv6(sender, vrrp.finish(message, sender, vrrp.GROUP[6]), hops=hops)
    sealed = {"behind": vrrp.trailer(5, 2**40), "with_key": vrrp.node_key(key, "lb1")}
    return [
        ("hop limit 254", "ttl", packet(hops=254, **sealed)),
        ("wrong checksum", "checksum", spoiled(packet(**sealed), 46, 0x5a)),
        ("a source that is not link-local", "source", packet(sender="2001:db8::11", **sealed)),
        ("in its own name", "own", packet(sender=target, **sealed)),
        ("no HMAC", "no_authentication", packet()),
        ("no HMAC, priority 0", "no_authentication", packet(0)),
        ("an HMAC of zeros", "wrong_hmac", packet(behind=vrrp.trailer(2**40, 1))),
        ("another cluster key", "wrong_hmac", packet(behind=vrrp.trailer(2**40, 1),
                                                    with_key=vrrp.node_key(bytes(32), "lb1"))),
        ("an older life", "replayed", packet(**sealed)),
        ("an older life, priority 0", "replayed", packet(0, **sealed)),
    ]


def over_ipv6(checks, pair, attacker):
    """The same against an IPv6 virtual router."""
    pair.write_virtual_addresses([
        {"name": name, "addresses": [address], "interface": "eth0", "vrid": vrid, "preferred_node": node,
         "advert_interval": "100ms"}
        for name, address, vrid, node in (("vip-a", VIP["vip-a"] + "/24", 51, "lb1"), ("vip-b", VIP["vip-b"] + "/24", 52, "lb2"),
                                          ("vip-6", SIX + "/64", SIX_VRID, "lb1"))])
    pair.reload()
    wait_for(lambda: pair.states("vip-6") == ["active", "backup"], 10, "lb1 to own the IPv6 address")
    # lb2 may have spoken before: the first to be reloaded owns the address for a moment.
    recorded = attacker.heard_over_ipv6(pair.on_interface("lb1"))
    source = socket.inet_ntop(socket.AF_INET6, recorded[8:24])
    target = next(address for address in pair.on_interface("lb2") if address.startswith("fe80"))  # a Backup has one
    for what, cause, packet in kinds_over_ipv6(bytes.fromhex(pair.key.read_text()), source, target):
        nothing_happens(checks, pair, attacker, f"IPv6, {what}", cause, [packet])
    nothing_happens(checks, pair, attacker, "IPv6, recorded", "replayed", [recorded])
    pair.write_config()
    pair.reload()
    pair.settle()


def foreign(checks, pair, attacker):
    """Another pair on the same LAN, with a VRID, version and password of its own, is none of our business: one line in ten
    minutes tells of it."""
    def count(cause):
        metric = rf'tandem_vrrp_foreign_packets_total\{{interface="eth0",cause="{cause}"\}} (\d+)'
        return int(re.search(metric, pair.call("lb2", "GET", "/metrics")[1].decode()).group(1))
    password = vrrp.advert(99, 255, [VIP["vip-a"]], centiseconds=0x0101, behind=b"password", version=2)  # type 1, 1 s
    before = picture(pair)
    for what, cause, message in (("VRID", "vrid", vrrp.advert(99, 255, [VIP["vip-a"]])),
                                 ("version", "version", vrrp.advert(99, 255, [VIP["vip-a"]], version=1)),
                                 ("kind of authentication", "auth_type", password)):
        counted = count(cause)
        attacker.send(vrrp.ipv4(STRANGER, vrrp.finish(message)), times=FLOOD)
        wait_for(lambda: count(cause) >= counted + FLOOD, 10, "the packets to be counted")
        checks.equal(f"another {what}: counted", count(cause) - counted, FLOOD)
        said = [line for line in lines(pair, "lb2", cause) if STRANGER in line]
        checks.equal(f"another {what}: lines in the log", len(said), 1)
    checks.true("another router: nothing happens", picture(pair) == before)


def recordings(checks, pair, attacker):
    """What lb1 really said: as owner, when it left, and when it took its address back."""
    attacker.heard()
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(10)
    pair.settle()
    wait_for(lambda: pair.status("lb1", "vip-a")["adverts_sent"] > 10, 5, "adverts of the new life")
    everything = attacker.heard()
    recorded = [message for source, message in everything if source == SOURCE]
    leaving = [message for message in recorded if message[2] == 0]
    owning = [message for message in recorded if message[1] == VRID["vip-a"] and message[2] > 0]
    checks.true("recorded: adverts of two lives, and a farewell", leaving and len(owning) > 10,
                f"{len(owning)} and {len(leaving)}")
    for what, message in (("the farewell", leaving[-1]), ("the first advert", owning[0]), ("the last", owning[-1])):
        nothing_happens(checks, pair, attacker, f"recorded, {what}", "replayed", [vrrp.ipv4(SOURCE, message)])
    own = next(message for source, message in everything if source == "192.0.2.12")
    nothing_happens(checks, pair, attacker, "recorded, its own under another name", "wrong_hmac", [vrrp.ipv4(SOURCE, own)])
    changed = bytearray(owning[-1])
    changed[2] = 255
    packet = vrrp.ipv4(SOURCE, vrrp.finish(bytes(changed)))
    nothing_happens(checks, pair, attacker, "recorded, made priority 255", "wrong_hmac", [packet])

    # A vrrpd that starts again knows what its predecessor has heard, however that one ended.
    _, daemon = pair.pids("lb2")
    os.kill(daemon, signal.SIGKILL)
    wait_for(lambda: not pair.process["lb2"].alive(), 5, "the guard to leave")
    pair.settle()
    nothing_happens(checks, pair, attacker, "recorded, to a vrrpd that was killed and started again", "replayed",
                    [vrrp.ipv4(SOURCE, owning[-1])])


def state_directory(checks, pair):
    """With a place that outlives a boot the numbers are kept there."""
    place = pair.lab.directory / "state"
    place.mkdir()
    pair.process["lb2"].signal(signal.SIGTERM)
    pair.process["lb2"].wait(10)
    (pair.run_dir["lb2"] / "vrrpd.session").unlink()
    pair.process["lb2"] = pair.lab.start("lb2", "vrrpd", [
        "env", f"STATE_DIRECTORY={place}", binaries() / "vrrpd", "--config", pair.config, "--node", "lb2",
        "--run-dir", pair.run_dir["lb2"]])
    pair.settle()
    pair.process["lb2"].signal(signal.SIGTERM)
    pair.process["lb2"].wait(10)
    numbers = (place / "vrrpd.session").read_text().split()
    checks.true("kept in the state directory, with what was heard", len(numbers) == 4 and int(numbers[3]) > 0)
    checks.true("nothing in the run directory", not (pair.run_dir["lb2"] / "vrrpd.session").exists())
    pair.settle()


def lost_numbers(checks, pair):
    """lb1 comes back as one that has never been so far: it learns where it was from lb2's first advert."""
    pair.process["lb1"].signal(signal.SIGTERM)
    pair.process["lb1"].wait(10)
    (pair.run_dir["lb1"] / "vrrpd.session").write_text("1 5 0 0\n")
    began = time.monotonic()
    pair.settle()
    session = int((pair.run_dir["lb1"] / "vrrpd.session").read_text().split()[1])
    checks.true("numbers lost: they are found again, and the pair settles", session > 1_000_000,
                f"in {time.monotonic() - began:.1f} s")
    checks.true("numbers lost: nobody complains any more", not problem(pair, "lb1") and not problem(pair, "lb2"))


def problem(pair, node):
    """What is wrong with any virtual address; those that a reload has just retired are not there."""
    addresses = pair.get(node, "/v1/status")["virtual_addresses"]
    return " ".join(filter(None, (address["authentication"]["problem"] for address in addresses)))


def differences(checks, pair):
    """Nodes that do not understand each other say so, both of them, and recover."""
    pair.write_config(authentication=False)
    pair.call("lb1", "POST", "/v1/reload")
    wait_for(lambda: "is not authenticated" in problem(pair, "lb2"), 5, "lb2 to see the difference")
    wait_for(lambda: "does not listen" in problem(pair, "lb1"), 5, "lb1 to see the difference")
    checks.true("off on one node: both say so", True)
    checks.true("off on one node: both log it", lines(pair, "lb2", "no_authentication") and
                "does not listen to this node" in pair.process["lb1"].text())
    pair.call("lb2", "POST", "/v1/reload")
    wait_for(lambda: not problem(pair, "lb1") and not problem(pair, "lb2"), 5, "the nodes to agree again")
    pair.settle()


def control(checks, pair, attacker):
    """Authentication is off on both nodes now: the same packets do harm."""
    packets = [forged("vip-b")]
    since = pair.status("lb2", "vip-b")["since_ns"]

    def robbed():
        attacker.send(*packets)
        status = pair.status("lb2", "vip-b")
        return status["state"] != "active" or status["since_ns"] != since
    wait_for(robbed, 3, "the forged advert to take the address", 0.05)
    checks.true("control: without authentication a forged advert takes the address", True)
    pair.settle()
    pair.write_config()
    pair.reload()
    pair.settle()


def other_key(checks, pair):
    """lb2 gets another cluster key."""
    good = pair.key.read_text()
    pair.key.write_text("fedcba9876543210" * 4 + "\n")
    pair.call("lb2", "POST", "/v1/reload")
    wait_for(lambda: "cluster key" in problem(pair, "lb1") and "cluster key" in problem(pair, "lb2"), 5,
             "both to see that the keys differ")
    checks.true("another key on one node: both say so", True)
    pair.key.write_text("no key\n")
    status, text = pair.call("lb2", "POST", "/v1/reload")
    checks.true("a damaged key: the reload is refused, with the file's name",
                status != 200 and str(pair.key) in json.dumps(text.decode()), text.decode()[:200])
    pair.key.write_text(good)
    pair.call("lb2", "POST", "/v1/reload")
    pair.settle()
    wait_for(lambda: not problem(pair, "lb1") and not problem(pair, "lb2"), 5, "the nodes to agree again")
    checks.true("the right key again: no complaint", True)


def body(checks, lab):
    pair = Pair(lab)
    pair.settle()
    attacker = Attacker(lab)
    forgeries(checks, pair, attacker)
    foreign(checks, pair, attacker)  # before a reload: the last words of a router that was removed have a VRID of nobody, too
    over_ipv6(checks, pair, attacker)
    recordings(checks, pair, attacker)
    lost_numbers(checks, pair)
    state_directory(checks, pair)
    other_key(checks, pair)
    differences(checks, pair)
    control(checks, pair, attacker)


if __name__ == "__main__":
    harness.run("spoofed", body, make_pair=False, backends=0)
