#!/usr/bin/env python3
"""Clauses of RFC 9568 that only a whole vrrpd on a LAN can show: who answers for an address, and what is told of others.

Needs root; skipped loudly without. Arguments: names of tests to run. doc/protocols/rfc9568.md has the list of clauses.
"""

import ipaddress
import signal
import socket
import struct
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
for folder in ("tests/system", "tests/support", "tests/integration/vrrpd"):
    sys.path.insert(0, str(ROOT / folder))

import vrrp_packets as vrrp  # noqa: E402
from netlab import wait_for  # noqa: E402
from runner import run, tests_of  # noqa: E402
from two_nodes import NODES  # noqa: E402

V4, V6 = "192.0.2.100", "2001:db8::101"
FOUR = {"name": "vip-4", "addresses": [V4 + "/24"], "vrid": 51}
SIX = {"name": "vip-6", "addresses": [V6 + "/64"], "vrid": 61}
MAC4, MAC6 = "00:00:5e:00:01:33", "00:00:5e:00:02:3d"
STRANGER = "192.0.2.9"  # lower than the nodes' own addresses: it loses a tie


def start(pair, *virtual_addresses, nodes=NODES, **extra):
    """The nodes run this configuration, lb1 owns everything."""
    for node in NODES:
        if node in pair.process and pair.process[node].alive():
            pair.process[node].signal(signal.SIGTERM)
            pair.process[node].wait(8)
    pair.write_virtual_addresses([
        {"interface": "eth0", "preferred_node": "lb1", "advert_interval": "100ms", **each, **extra}
        for each in virtual_addresses])
    for node in nodes:
        pair.start(node)
    for each in virtual_addresses:
        wait_for(lambda: pair.owner(each["name"]) == "lb1", 10, f"lb1 to own {each['name']}")


# ---- who answers -----------------------------------------------------------------------------------

def packed_mac(text):
    return bytes.fromhex(text.replace(":", ""))


def text_mac(packed):
    return packed.hex(":")


def answers(pair, ether_type, question, understand, seconds=0.4):
    """What comes back to the client for a question that is asked again and again: understand()'s results, without None."""
    with pair.lab.inside("client"):
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ether_type))
    ear.bind(("eth0", ether_type))
    ear.settimeout(0.05)
    found = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ear.send(question)
        try:
            while True:
                answer = understand(ear.recv(2048))
                if answer is not None:
                    found.append(answer)
        except TimeoutError:
            pass
    ear.close()
    return found


def ask_arp(pair):
    """(source of the frame, sender MAC address in it) of each ARP reply."""
    own = packed_mac(pair.mac("client"))
    client = socket.inet_aton("192.0.2.10")
    question = (b"\xff" * 6 + own + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + client +
                bytes(6) + socket.inet_aton(V4))

    def understand(frame):
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(V4) and \
                frame[:6] == own:
            return text_mac(frame[6:12]), text_mac(frame[22:28])
        return None
    return answers(pair, 0x0806, question, understand)


def ask_neighbour(pair):
    """(flags, MAC address of the option) of each solicited Neighbor Advertisement."""
    own = packed_mac(pair.mac("client"))
    target = ipaddress.ip_address(V6).packed
    source = ipaddress.ip_address("fe80::1234").packed
    group = ipaddress.ip_address("ff02::1:ff00:0").packed[:13] + target[13:]
    body = struct.pack("!BBHI", 135, 0, 0, 0) + target + b"\1\1" + own
    front = source + group + struct.pack("!IHBB", len(body), 0, 0, 58)
    body = body[:2] + struct.pack("!H", vrrp.checksum(front + body)) + body[4:]
    question = (b"\x33\x33" + group[12:] + own + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(body), 58, 255) +
                source + group + body)

    def understand(frame):
        if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and frame[62:78] == target and \
                frame[58] & 0x40:
            assert frame[78:80] == b"\2\1", frame.hex()
            return frame[58], text_mac(frame[80:86])
        return None
    # Else it would have to ask the way back first.
    for node in NODES:
        pair.lab.ip(node, "neigh", "replace", "fe80::1234", "lladdr", pair.mac("client"), "dev", "eth0", "nud", "permanent")
    try:
        return answers(pair, 0x86dd, question, understand)
    finally:
        for node in NODES:
            pair.lab.ip(node, "neigh", "del", "fe80::1234", "dev", "eth0")


def test_only_the_owner_answers_arp(pair):
    """6.4.2, 6.4.3, 8.1.2: without a virtual MAC address, with the owner's own one."""
    start(pair, FOUR)
    found = ask_arp(pair)
    assert found and set(found) == {(pair.mac("lb1"), pair.mac("lb1"))}, found


def test_only_the_virtual_mac_answers_arp(pair):
    """8.1.2: never with the interface's own MAC address."""
    start(pair, FOUR, virtual_mac=True)
    found = ask_arp(pair)
    assert found and {sender for _, sender in found} == {MAC4}, found


def test_only_the_owner_answers_solicitations(pair):
    """6.4.2, 6.4.3, 8.2.2"""
    start(pair, SIX)
    found = ask_neighbour(pair)
    assert found and {mac for _, mac in found} == {pair.mac("lb1")}, found


def test_only_the_virtual_mac_answers_solicitations(pair):
    """8.2.2: never with the interface's own MAC address. A node that forwards nothing does not say that it is a router."""
    start(pair, SIX, virtual_mac=True)
    found = ask_neighbour(pair)
    assert found and {mac for _, mac in found} == {MAC6}, found
    assert not any(flags & 0x80 for flags, _ in found), found


def test_no_router_advertisements(pair):
    """6.4.2, 6.4.3: neither the Backup nor the Active, who is a host and forwards nothing, asks to be a router."""
    start(pair, SIX)
    with pair.lab.inside("client"):
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd))
    ear.bind(("eth0", 0x86dd))
    ear.settimeout(1)
    types = set()
    adverts = 0
    while adverts < 12:
        frame = ear.recv(2048)
        adverts += frame[20] == 112
        if frame[20] == 58:
            types.add(frame[54])
    assert 134 not in types, types


# ---- what is told of others ------------------------------------------------------------------------

class Stranger:
    def __init__(self, lab):
        with lab.inside("client"):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.10"))

    def say(self, priority, addresses=(V4,), centiseconds=10):
        message = vrrp.finish(vrrp.advert(51, priority, addresses, centiseconds))
        self.socket.sendto(vrrp.ipv4(STRANGER, message), (vrrp.GROUP[4], 0))


def claims(pair, priority, times=40):
    """What lb1 tells of a stranger that claims its address for 1.2 s, and counts each time; it stays the owner."""
    stranger = Stranger(pair.lab)
    before = pair.status("lb1", "vip-4")
    since = time.monotonic_ns()
    for _ in range(times):
        stranger.say(priority)
        time.sleep(0.03)
    wait_for(lambda: pair.status("lb1", "vip-4")["conflicts"] == before["conflicts"] + times, 10, "all to be counted")
    after = pair.status("lb1", "vip-4")
    assert after["state"] == "active" and after["since_ns"] == before["since_ns"], after
    told = [event for event in pair.events("lb1", since, "vip-4") if event["event"] == "conflict"]
    moments = [event["time_ns"] for event in told]
    assert all(later - earlier >= 1_000_000_000 for earlier, later in zip(moments, moments[1:])), moments
    return told


def test_second_owner_is_told(pair):
    """7.1, 8.3.2: whoever claims an address beside its owner is counted each time and told of once a second."""
    start(pair, FOUR, authentication=False)
    told = claims(pair, 1)
    assert told and STRANGER in told[0]["cause"] and "priority 1" in told[0]["cause"], told


def test_second_address_owner_is_told(pair):
    """7.1 (erratum 8298), 8.3.2: the address owner hears another one of priority 255: a warning, and adverts go on."""
    start(pair, FOUR, nodes=NODES[:1], foreign=True, priority=255)
    told = claims(pair, 255)
    assert told and "priority 255" in told[0]["cause"], told


def test_another_configuration_is_told(pair):
    """7.1, 5.2.7: another interval or other addresses are counted and logged, at most once in 10 s."""
    start(pair, FOUR, authentication=False)
    stranger = Stranger(pair.lab)

    def mismatches():
        _, text = pair.call("lb1", "GET", "/metrics")
        return next(int(line.split()[1]) for line in text.decode().splitlines()
                    if line.startswith("tandem_vrrp_mismatches_total{") and '"vip-4"' in line)

    before = mismatches()
    for _ in range(20):
        stranger.say(1, centiseconds=50)
        stranger.say(1)
        stranger.say(1, addresses=(V4, "192.0.2.101"))
        stranger.say(1)
    wait_for(lambda: mismatches() == before + 40, 10, "all to be counted")
    lines = [line for line in pair.process["lb1"].text().splitlines() if "advertises other addresses or another interval" in line]
    assert len(lines) == 1 and STRANGER in lines[0] and "500 ms" in lines[0], lines
    assert pair.status("lb1", "vip-4")["state"] == "active"


if __name__ == "__main__":
    run(tests_of(globals()))
