#!/usr/bin/env python3
"""vrrpd and Debian's keepalived share virtual addresses in network namespaces: versions, families, multicast and unicast,
each of them as the owner; preemption, priority 0 and sudden death, both ways. Wireshark's dissector judges our packets.

Needs root, keepalived and tshark; skipped loudly without. Prints what it measured. Arguments: names of cases to run, with or without "/" and the part.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

from netlab import SKIP, wait_for  # noqa: E402
from runner import both_families, run  # noqa: E402
from two_nodes import milliseconds  # noqa: E402

VRID = 51
KEEPALIVED_PRIORITY = 100
V4, V6, LINK_LOCAL = "192.0.2.100", "2001:db8::100", "fe80::112:33"
NODES4, NODES6 = ("192.0.2.11", "192.0.2.12"), ("2001:db8::11", "2001:db8::12")

# name: version, IPv6, unicast, our form of the checksum ("auto" is learned from keepalived)
CASES = {
    "v3_ipv4_multicast": (3, False, False, "rfc5798"),
    "v3_ipv4_multicast_learned_checksum": (3, False, False, "auto"),
    "v3_ipv4_unicast": (3, False, True, "rfc5798"),
    "v3_ipv6_multicast": (3, True, False, "auto"),
    "v3_ipv6_unicast": (3, True, True, "auto"),
    "v2_multicast": (2, False, False, "auto"),
    "v2_unicast": (2, False, True, "auto"),
}


class Routers:
    """vrrpd on lb1, keepalived on lb2."""

    def __init__(self, pair, version, v6, unicast, checksum):
        self.pair, self.lab = pair, pair.lab
        self.version, self.v6, self.unicast, self.checksum = version, v6, unicast, checksum
        self.interval_ms = 1000 if version == 2 else 100
        self.address = V6 if v6 else V4
        self.keepalived = None
        self.said_before = 0  # by keepalived, in earlier parts

    # ---- both of them

    def start_vrrpd(self, priority):
        nodes = NODES6 if self.v6 and self.unicast else NODES4
        self.pair.write_virtual_addresses([{
            "name": "vip", "addresses": [self.address + ("/64" if self.v6 else "/24")], "interface": "eth0",
            "vrid": VRID, "preferred_node": "lb1", "advert_interval": f"{self.interval_ms}ms", "version": self.version,
            "checksum": self.checksum, "unicast": self.unicast, "foreign": True, "priority": priority,
        }], node_addresses=nodes)
        self.pair.start("lb1")
        wait_for(lambda: (self.pair.run_dir["lb1"] / "vrrpd.sock").exists(), 5, "vrrpd to start")

    def start_keepalived(self):
        mine, other = (NODES6 if self.v6 else NODES4)[::-1]
        path = self.lab.directory / "keepalived.conf"
        # Without unicast_ttl keepalived 2.2.7 sends IPv6 unicast with hop limit 64, against RFC 9568 section 5.1.2.3.
        unicast = f"unicast_src_ip {mine}\n unicast_ttl 255\n unicast_peer {{ {other} }}" if self.unicast else ""
        addresses = [LINK_LOCAL + "/64", V6 + "/64"] if self.v6 else [V4 + "/24"]
        path.write_text(
            f"global_defs {{ vrrp_version {self.version} }}\n"
            f"vrrp_instance vip {{\n interface eth0\n state BACKUP\n virtual_router_id {VRID}\n"
            f" priority {KEEPALIVED_PRIORITY}\n advert_int {self.interval_ms / 1000:g}\n {unicast}\n"
            " virtual_ipaddress {\n  " + "\n  ".join(addresses) + "\n }\n}\n")
        log = self.lab.directory / "lb2-keepalived.log"
        if self.keepalived is None and log.exists():
            self.said_before = log.stat().st_size
        self.keepalived = self.lab.start("lb2", "keepalived", [
            "keepalived", "--dont-fork", "--log-console", "--no-syslog", "--log-detail", "--vrrp", "--use-file", path,
            "--pid", self.lab.directory / "keepalived.pid", "--vrrp_pid", self.lab.directory / "keepalived-vrrp.pid"])

    def keepalived_owns(self):
        return self.address in self.pair.on_interface("lb2")

    def vrrpd_owns(self):
        try:
            return self.pair.status("lb1", "vip")["state"] == "active"
        except (OSError, IndexError, StopIteration, AssertionError):  # it has not started yet, or has just ended
            return False

    def owner(self):
        """'vrrpd', 'keepalived', or None while it is not exactly one."""
        owners = [name for name, owns in (("vrrpd", self.vrrpd_owns()), ("keepalived", self.keepalived_owns())) if owns]
        return owners[0] if len(owners) == 1 else None

    def becomes(self, name, limit_ms, what):
        since = time.monotonic_ns()
        wait_for(lambda: self.owner() == name, limit_ms / 1000 + 5, f"{name} to own the address: {what}", 0.002)
        took = milliseconds(time.monotonic_ns() - since)
        print(f"    {what}: {name} alone after {took:.0f} ms")
        self.pair.stalls.at_most(what, took, limit_ms, since)

    def stays(self, name, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.owner() == name, what
            time.sleep(0.02)

    # ---- time limits: what the protocol needs, and room for programs that are not in real time: keepalived takes some
    # 10 ms more, a look at the owner starts processes and may wait for a vrrpd that is about to end. Who was released must
    # still be told from who was only silent: that takes three intervals more.

    def skew_ms(self, priority):
        return self.interval_ms * (256 - priority) / 256

    def released_ms(self, priority):
        return self.skew_ms(priority) + 2.5 * self.interval_ms

    def silent_ms(self, priority):
        return 3 * self.interval_ms + self.skew_ms(priority) + 500

    # ---- ways to end

    def kill_vrrpd(self):
        for pid in self.lab.pids("lb1", "vrrpd"):
            os.kill(pid, signal.SIGKILL)
        self.pair.process["lb1"].wait(5)

    def kill_keepalived(self):
        for pid in self.lab.pids("lb2", "keepalived"):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.keepalived.wait(5)
        self.sweep("lb2")  # nobody removes what a killed keepalived leaves: that would be a second owner

    def end(self):
        if self.keepalived and self.keepalived.alive():
            self.keepalived.stop()
        if "lb1" in self.pair.process and self.pair.process["lb1"].alive():
            self.pair.process["lb1"].stop()
        for node in ("lb1", "lb2"):
            self.sweep(node)

    def sweep(self, node):
        for address in (self.address, LINK_LOCAL):
            self.lab.ip(node, "addr", "flush", "dev", "eth0", "to", address, check=False)
        for name in ("keepalived.pid", "keepalived-vrrp.pid"):  # a number that another process may have by now
            (self.lab.directory / name).unlink(missing_ok=True)


class Wireshark:
    """Our packets, on the other side, from the first one that it sees until judge()."""

    def __init__(self, routers):
        self.routers = routers
        protocol = "ip6" if routers.v6 else "ip"
        # Wireshark takes a checksum with pseudo-header, keepalived's form, for the right one unless told otherwise.
        self.process = routers.lab.start("lb2", "tshark", [
            "tshark", "-l", "-i", "eth0", "-a", "duration:30", "-o", "vrrp.v3_checksum_as_in_v2:FALSE",
            "-f", f"{protocol} proto 112 and ether src {routers.pair.mac('lb1')}", "-T", "fields", "-e", "vrrp.prio",
            "-e", "vrrp.version", "-e", "vrrp.virt_rtr_id", "-e", "vrrp.checksum.status", "-e", "_ws.expert.message"],
            stdout=subprocess.PIPE, text=True)
        self.seen = [self.next()]

    def next(self):
        """The fields of one more packet, which it waits for."""
        line = self.process.popen.stdout.readline()
        assert line, f"no more packets: {self.process.text()}"
        return line.rstrip("\n").split("\t")

    def judge(self):
        """No warning, good checksums, in the owner's adverts and in the one that says that it leaves."""
        while self.seen[-1][0] != "0":
            self.seen.append(self.next())
        self.process.signal(signal.SIGINT)
        self.process.popen.communicate(timeout=30)
        for priority, version, vrid, checksum, *expert in self.seen:
            assert priority in ("200", "0") and version == str(self.routers.version) and vrid == str(VRID), self.seen
            assert checksum == "1" and not any(expert), self.seen
        assert len(self.seen) > 2, self.seen
        print(f"    Wireshark agrees with {len(self.seen)} adverts, the last one of priority 0")


def vrrpd_is_better(routers):
    """vrrpd has priority 200: keepalived takes over from it, and is preempted when it returns."""
    routers.start_keepalived()
    wait_for(routers.keepalived_owns, 12, "keepalived to own the address alone")
    routers.start_vrrpd(200)
    routers.becomes("vrrpd", routers.silent_ms(200) + 1500, "vrrpd preempts")
    wireshark = Wireshark(routers)
    routers.stays("vrrpd", max(1.0, 1.5 * routers.interval_ms / 1000), "keepalived believes vrrpd's adverts")
    routers.pair.process["lb1"].signal(signal.SIGTERM)
    routers.becomes("keepalived", routers.released_ms(KEEPALIVED_PRIORITY), "vrrpd says priority 0")
    routers.pair.process["lb1"].wait(10)
    wireshark.judge()
    routers.start_vrrpd(200)
    routers.becomes("vrrpd", routers.silent_ms(200) + 1500, "vrrpd preempts again")
    routers.kill_vrrpd()
    # Its address stays until its lifetime of 3 s ends; keepalived must own it by the protocol's time.
    since = time.monotonic_ns()
    wait_for(routers.keepalived_owns, 10, "keepalived to take over in silence", 0.002)
    took = milliseconds(time.monotonic_ns() - since)
    print(f"    vrrpd and its guard are killed: keepalived owns after {took:.0f} ms")
    routers.pair.stalls.at_most("keepalived owns", took, routers.silent_ms(KEEPALIVED_PRIORITY), since)
    said = routers.keepalived.text()[routers.said_before:].lower()
    assert "checksum" not in said or routers.checksum == "auto", said[-2000:]


def keepalived_is_better(routers):
    """vrrpd has priority 50: it takes over from keepalived, and gives way when it returns."""
    routers.start_vrrpd(50)
    routers.becomes("vrrpd", routers.silent_ms(50) + 1000, "vrrpd alone")
    routers.start_keepalived()
    routers.becomes("keepalived", routers.silent_ms(KEEPALIVED_PRIORITY) + 3000, "keepalived preempts")
    routers.stays("keepalived", 1.0, "vrrpd believes keepalived's adverts")
    status = routers.pair.status("lb1", "vip")
    assert status["state"] == "backup" and status["peer_priority"] == KEEPALIVED_PRIORITY, status
    dropped = {cause: n for cause, n in status["adverts_dropped"].items() if n}
    assert not dropped, dropped
    routers.keepalived.signal(signal.SIGTERM)
    routers.becomes("vrrpd", routers.released_ms(50) + 1000, "keepalived says priority 0")
    event = routers.pair.event("lb1", "active", 0, "vip")
    assert event, "an event tells it"
    routers.keepalived.wait(10)
    cause = routers.pair.status("lb1", "vip")["cause"]
    assert "priority 0" in cause, cause
    routers.start_keepalived()
    routers.becomes("keepalived", routers.silent_ms(KEEPALIVED_PRIORITY) + 3000, "keepalived preempts again")
    routers.kill_keepalived()
    routers.becomes("vrrpd", routers.silent_ms(50), "keepalived is killed")


def shared(name, part):
    def case(pair):
        routers = Routers(pair, *CASES[name])
        try:
            part(routers)
        except AssertionError:
            with contextlib.suppress(OSError, LookupError):
                print("    vrrpd dropped", pair.status("lb1", "vip")["adverts_dropped"])
            print(pair.lab.ip("lb2", "addr", "show", "dev", "eth0").stdout)
            raise
        finally:
            routers.end()
    return case


if __name__ == "__main__":
    for program in ("keepalived", "tshark"):
        if shutil.which(program) is None:
            print(f"SKIPPED: {Path(sys.argv[0]).name} needs {program}", flush=True)
            sys.exit(SKIP)
    run({f"{name}/{part.__name__}": shared(name, part) for name in CASES for part in (vrrpd_is_better, keepalived_is_better)},
        equip=both_families)
