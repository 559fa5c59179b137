"""The pair under test: two vrrpd in a lab, what one can ask of them, and a client that watches."""

import contextlib
import json
import os
import signal
import socket
import struct
import threading
import time

from netlab import binaries, wait_for
from stalls import in_real_time
from stand_ins import Lbd, Syncd

VIP = {"vip-a": "192.0.2.100", "vip-b": "192.0.2.101"}
NODES = ("lb1", "lb2")
SEAMLESS_MS = 5  # the longest gap of a planned move
PROBE_EACH = 2_000_000  # ns


def milliseconds(nanoseconds):
    return nanoseconds / 1e6


class Prober:
    """ICMP echo from the client to an address each 2 ms: which were answered, by the time they were sent."""

    def __init__(self, lab, address):
        self.stalls, self.address, self.sent, self.answered = lab.stalls, address, {}, set()
        self.v6 = ":" in address
        with lab.inside("client"):
            self.socket = (socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) if self.v6 else
                           socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        self.socket.settimeout(0.1)
        self.running = True
        self.threads = [threading.Thread(target=self._send, daemon=True),
                        threading.Thread(target=self._receive, daemon=True)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        in_real_time()
        number, due = 0, time.monotonic_ns()
        while self.running:
            number += 1
            head = struct.pack("!BBHHH", 128 if self.v6 else 8, 0, 0, 0x7461, number & 0xffff)
            total = sum(struct.unpack("!4H", head))
            total = (total & 0xffff) + (total >> 16)
            packet = head[:2] + struct.pack("!H", ~total & 0xffff) + head[4:]  # of IPv6 the kernel makes the sum
            self.sent[number] = time.monotonic_ns()
            try:
                self.socket.sendto(packet, (self.address, 0))
            except OSError:
                pass
            due = max(due + PROBE_EACH, self.sent[number])  # late ones are not made good in a burst
            time.sleep(max(0, due - time.monotonic_ns()) / 1e9)

    def _receive(self):
        while self.running:
            try:
                packet, peer = self.socket.recvfrom(256)
            except OSError:
                continue
            message = packet if self.v6 else packet[20:]
            if message[0] == (129 if self.v6 else 0) and peer[0] == self.address:
                self.answered.add(struct.unpack("!H", message[6:8])[0])

    def stop(self):
        time.sleep(0.1)
        self.running = False
        for thread in self.threads:
            thread.join()
        self.socket.close()

    def gaps(self):
        """Where probes were lost: (sent at, sent at) of the answered ones around them, in ns; the last one may be open."""
        found, last_good = [], None
        judged = self.judged()
        for number in judged:
            if number in self.answered:
                if last_good is not None and number - last_good > 1:
                    found.append((self.sent[last_good], self.sent[number]))
                last_good = number
        if judged and last_good != judged[-1]:
            found.append((self.sent[last_good or judged[0]], self.sent[judged[-1]]))
        return found

    def judged(self):
        return sorted(self.sent)[:-25]  # the last ones may be on their way

    def judge(self, limit_ms, what=""):
        """Ends the probing; AssertionError if there was no answer for longer than that."""
        self.stop()
        lost = sum(number not in self.answered for number in self.judged())
        gaps = self.gaps()
        longest = max((milliseconds(end - begin) for begin, end in gaps), default=0)
        what = what or f"gap of {self.address}"
        print(f"    {what}: {len(self.sent)} probes, {lost} lost, longest gap {longest:.1f} ms", flush=True)
        for begin, end in gaps:
            self.stalls.at_most(what, milliseconds(end - begin), limit_ms, begin, end, real_time=True)


class Pair:
    def __init__(self, lab):
        self.lab, self.stalls = lab, lab.stalls
        self.run_dir = {node: lab.directory / node for node in NODES}
        self.config = lab.directory / "tandem.json"
        self.key = lab.directory / "cluster.key"
        self.key.write_text("0123456789abcdef" * 4 + "\n")
        self.key.chmod(0o600)
        self.lbd, self.syncd, self.process = {}, {}, {}
        self.write_config()
        for node in NODES:
            self.run_dir[node].mkdir()
            self.lbd[node] = Lbd(self.run_dir[node])
            self.syncd[node] = Syncd(self.run_dir[node])

    def write_config(self, names=("vip-a", "vip-b"), interval="100ms", **extra):
        self.write_virtual_addresses([
            {"name": name, "addresses": [VIP[name] + "/24"], "interface": "eth0", "vrid": 51 + i,
             "preferred_node": NODES[i], "advert_interval": interval, **extra}
            for i, name in enumerate(VIP) if name in names])

    def write_virtual_addresses(self, virtual_addresses, node_addresses=("192.0.2.11", "192.0.2.12")):
        config = {
            "version": 1,
            "cluster": {"name": "edge", "nodes": [
                {"name": node, "address": address, "sync_address": f"198.51.100.{i + 1}"}
                for i, (node, address) in enumerate(zip(NODES, node_addresses))],
                "sync": {"port": 5405, "key_file": str(self.key)}},
            "virtual_addresses": virtual_addresses,
            "listeners": [{"name": "web", "protocol": "http", "address": "*", "port": 80, "default_target_group": "g"}],
            "target_groups": [{"name": "g", "protocol": "http",
                               "backends": [{"name": "b", "address": "192.0.2.21:8080"}]}]}
        self.config.write_text(json.dumps(config))

    def start(self, node):
        self.process[node] = self.lab.start(node, "vrrpd", [
            binaries() / "vrrpd", "--config", self.config, "--node", node, "--run-dir", self.run_dir[node]])

    def release(self, node):
        """What the service manager does after the end of vrrpd."""
        self.lab.run(node, binaries() / "vrrpd", "--config", self.config, "--node", node, "--run-dir", self.run_dir[node],
                     "--release")

    def settle(self):
        """Both nodes run, each owns its preferred address."""
        def settled():
            # A guard that is just leaving counts as alive until it has gone: look again each time.
            for node in NODES:
                if node not in self.process or not self.process[node].alive():
                    self.start(node)
            return self.owner("vip-a") == "lb1" and self.owner("vip-b") == "lb2"
        wait_for(settled, 10, "the preferred owners")
        wait_for(lambda: self.holders("vip-a") == ["lb1"] and self.holders("vip-b") == ["lb2"], 6, "one holder each")

    def reset(self):
        """After a case that may have ended anywhere: no vrrpd, nothing that one left behind, no fault of the case's own."""
        for node in NODES:
            for pid in self.lab.pids(node, "vrrpd"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if node in self.process:
                self.process.pop(node).wait()
            self.lab.heal(node)
            self.lab.isolate(node, False)
            self.lab.link(node, "eth0", True)
            for server in (self.lbd[node], self.syncd[node]):
                server.die()
            self.lbd[node], self.syncd[node] = Lbd(self.run_dir[node]), Syncd(self.run_dir[node])
            (self.run_dir[node] / "vrrpd.maintenance").unlink(missing_ok=True)
        self.write_config()
        for node in NODES:
            self.release(node)
        self.lab.ip("client", "neigh", "flush", "dev", "eth0", "nud", "permanent", check=False)

    def call(self, node, method, target, body=None):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        connection.connect(str(self.run_dir[node] / "vrrpd.sock"))
        payload = json.dumps(body).encode() if body is not None else b""
        connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           f"Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        connection.close()
        head, _, text = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), text

    def get(self, node, target):
        status, text = self.call(node, "GET", target)
        assert status == 200, (target, status, text)
        return json.loads(text)

    def status(self, node, name):
        return next(a for a in self.get(node, "/v1/status")["virtual_addresses"] if a["name"] == name)

    def state(self, node, name):
        """Its own word; None while it does not answer, or does not know the name."""
        try:
            return self.status(node, name)["state"]
        except (OSError, StopIteration, IndexError):
            return None

    def states(self, name):
        return [self.state(node, name) for node in NODES]

    def owner(self, name):
        """The node that says that it is active, if exactly one does."""
        active = [node for node in NODES if self.state(node, name) == "active"]
        return active[0] if len(active) == 1 else None

    def holders(self, name):
        return [node for node in NODES if VIP[name] in self.on_interface(node)]

    def on_interface(self, node, device="eth0"):
        """Both families; an IPv6 address only if it can be used."""
        links = json.loads(self.lab.ip(node, "-j", "addr", "show", "dev", device).stdout)
        return {a["local"] for link in links for a in link.get("addr_info", []) if not a.get("tentative")}

    def reload(self):
        for node in NODES:
            status, text = self.call(node, "POST", "/v1/reload")
            assert status == 200, (node, status, text)

    def mac(self, node, device="eth0"):
        return json.loads(self.lab.ip(node, "-j", "link", "show", "dev", device).stdout)[0]["address"]

    def events(self, node, since, name=None):
        found = self.get(node, "/v1/events")["events"]
        return [e for e in found if e["time_ns"] >= since and name in (None, e["subject"])]

    def event(self, node, event, since, name, deadline=5):
        def look():
            return next((e for e in self.events(node, since, name) if e["event"] == event), None)
        return wait_for(look, deadline, f"event {event} of {name} on {node}")

    def pids(self, node):
        """(guard, daemon)"""
        guard = self.process[node].pid
        daemon = [pid for pid in self.lab.pids(node, "vrrpd") if pid != guard]
        assert len(daemon) == 1, daemon
        return guard, daemon[0]

    def moved_within(self, name, to, since, limit_ms, what):
        event = self.event(to, "active", since, name)
        took = milliseconds(event["time_ns"] - since)
        print(f"    {what}: {to} active after {took:.1f} ms ({event['cause']})")
        self.stalls.at_most(what, took, limit_ms, since, event["time_ns"], real_time=True)
        return took
