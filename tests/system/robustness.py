#!/usr/bin/env python3
"""Hostile clients and faulty backends through the real lbd; well-behaved clients must notice nothing."""

import json
import os
import re
import socket
import time
from pathlib import Path

import checks as harness
from netlab import binaries, wait_for
from pair import backends_of, control

LB = "192.0.2.11"
TICKS = os.sysconf("SC_CLK_TCK")


def configuration(lab):
    """lbd alone, with timeouts short enough to be waited for."""
    check = {"type": "http", "path": "/ready", "interval": "500ms", "timeout": "400ms", "healthy_threshold": 1}
    return {
        "version": 1, "workers": 1,
        "timeouts": {"request_head": "1s", "keep_alive": "3s", "backend_first_byte": "1s", "body_idle": "2s"},
        "listeners": [
            {"name": "web", "protocol": "http", "address": "*", "port": 80, "default_target_group": "web"},
            {"name": "db", "protocol": "tcp", "address": "*", "port": 5432, "default_target_group": "db"}],
        "target_groups": [
            {"name": "web", "protocol": "http", "backends": backends_of(lab, 8080), "health_check": check},
            {"name": "db", "protocol": "tcp", "backends": backends_of(lab, 5432)}],
    }


def start_lbd(lab, place, descriptors=None):
    """Starts lbd alone in a namespace; with a limit of descriptors if given."""
    run_dir = lab.directory / f"run-{place}"
    run_dir.mkdir(exist_ok=True)
    config = lab.directory / "alone.json"
    config.write_text(json.dumps(configuration(lab)))
    argv = [binaries() / "lbd", "--config", config, "--node", place, "--run-dir", run_dir]
    if descriptors:
        argv = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *argv]
    process = lab.start(place, "lbd", argv)

    def ready():
        try:
            return control(run_dir, "lbd", "GET", "/v1/status")["ready"]
        except OSError:
            return False
    wait_for(ready, 10, f"lbd on {place} to be ready")
    return process, run_dir


def exchange(lab, data, timeout=4.0, address=LB):
    """Sends bytes, and returns all that comes back until the close, and how long that took."""
    started = time.monotonic()
    with lab.connect("client", address, 80, timeout) as connection:
        received = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        except (ConnectionError, socket.timeout) as error:
            received += f"<{type(error).__name__}>".encode()
    return received, time.monotonic() - started


def status_of(reply):
    return int(reply[9:12]) if reply.startswith(b"HTTP/1.1 ") else None


def get(path, extra=b"Connection: close\r\n"):
    return b"GET " + path + b" HTTP/1.1\r\nHost: demo.test\r\n" + extra + b"\r\n"


BAD_REQUESTS = {
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", {400}),
    "Content-Length beside chunked": (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "two Content-Length": (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
    "space before the colon": (get(b"/", b"X-A : 1\r\n"), {400}),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", {400}),
    "folded header": (get(b"/", b"X-A: 1\r\n 2\r\n"), {400}),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", {400}),
    "a head of 80 KiB": (get(b"/", b"X-A: " + b"a" * 80 * 1024 + b"\r\n"), {431}),
    "150 header fields": (get(b"/", b"".join(b"X-%d: 1\r\n" % i for i in range(150))), {431}),
    "unknown version": (b"GET / HTTP/3.7\r\nHost: x\r\n\r\n", {400, 505}),
    "broken chunk size": (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n", {400}),
}


def counters(run_dir, name):
    """{labels: value} of one metric of lbd."""
    text = control(run_dir, "lbd", "GET", "/metrics")
    return {line[len(name):line.rindex(" ")]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if line.startswith((name + "{", name + " "))}


def causes_of(run_dir, side, act):
    """Runs act(); returns its value, and the causes on this side ('client', 'backend') that were counted."""
    ends = "tandem_lbd_session_ends_total"
    before = counters(run_dir, ends)
    value = act()

    def counted():
        return [re.search(r'cause="([^"]*)"', labels).group(1) for labels, count in counters(run_dir, ends).items()
                if f'side="{side}"' in labels and count > before.get(labels, 0)]
    try:
        return value, wait_for(counted, 2, "a counted cause", interval=0.05)
    except AssertionError:
        return value, []


def bad_requests(checks, lab, run_dir):
    for name, (data, wanted) in BAD_REQUESTS.items():
        (reply, took), causes = causes_of(run_dir, "client", lambda: exchange(lab, data))
        closed = not reply.endswith(b"<timeout>")
        checks.true(f"{name}: {status_of(reply)}, closed, counted", status_of(reply) in wanted and closed and causes,
                    f"{' '.join(causes)} in {took * 1000:.0f} ms, wanted {'/'.join(map(str, wanted))}")


def faulty_backends(checks, lab, run_dir):
    for path, wanted in ((b"/reset", {502}), (b"/garbage", {502}), (b"/stall", {504})):
        (reply, took), causes = causes_of(run_dir, "backend", lambda: exchange(lab, get(path), 6.0))
        checks.true(f"backend {path.decode()}: {status_of(reply)}, counted", status_of(reply) in wanted and causes,
                    f"{' '.join(causes)} in {took * 1000:.0f} ms, wanted {'/'.join(map(str, wanted))}")
    reply, causes = causes_of(run_dir, "backend", lambda: exchange(lab, get(b"/close-early"))[0])
    checks.true("backend /close-early: counted", causes, " ".join(causes))
    checks.true("backend /close-early: the client is cut off, not fooled",
                b"only this" in reply and len(reply.split(b"\r\n\r\n", 1)[1]) < 1000)
    reply, _ = exchange(lab, get(b"/too-much"))
    checks.equal("backend /too-much: the body is what was announced", reply.split(b"\r\n\r\n", 1)[-1], b"12345")


def slow_heads(checks, lab, count=200):
    """One byte every 200 ms on many connections: each must end by the head's deadline (1 s)."""
    crowd = [lab.connect("client", LB, 80) for _ in range(count)]
    started = time.monotonic()
    for byte in get(b"/")[:15]:
        for connection in crowd:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                pass
        time.sleep(0.2)
    ended = 0
    for connection in crowd:
        connection.settimeout(0.5)
        try:
            while part := connection.recv(4096):
                pass
            ended += 1
        except ConnectionError:
            ended += 1
        except socket.timeout:
            pass
        connection.close()
    checks.equal(f"{count} slow heads: ended within {time.monotonic() - started:.1f} s", ended, count)


def half_open_flood(checks, lab, count=3000):
    """Connections that say nothing, or half a head, or reset."""
    crowd = []
    for number in range(count):
        connection = lab.connect("client", LB, 80)
        if number % 3 == 1:
            connection.sendall(b"GET / HT")
        if number % 3 == 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.close()
            continue
        crowd.append(connection)
    time.sleep(0.5)
    for connection in crowd:
        connection.close()
    checks.figure("half-open and aborted connections", count)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def out_of_descriptors(checks, lab):
    process, run_dir = start_lbd(lab, "lb2", descriptors=256)
    address = "192.0.2.12"
    crowd = []
    for _ in range(600):  # busy ones: an idle connection would simply be closed to make room
        try:
            crowd.append(lab.connect("client", address, 80, 1.0))
            crowd[-1].sendall(b"GET / HT")
        except OSError:
            continue  # shed in the meantime
    checks.figure("connections opened against a limit of 256 descriptors", len(crowd))
    before = cpu_seconds(process.pid)
    time.sleep(2)
    spent = (cpu_seconds(process.pid) - before) * 1000
    checks.at_most("CPU time in 2 s while exhausted", spent, 200, "ms")
    checks.true("it lives", process.alive())
    checks.at_least("sheds counted", int(sum(counters(run_dir, "tandem_lbd_worker_sheds_total").values())), 1)
    for connection in crowd:
        connection.close()

    def served():
        try:
            return status_of(exchange(lab, get(b"/"), 1.0, address)[0]) == 200
        except OSError:
            return False
    wait_for(served, 5, "service after the crowd has left")
    checks.true("it serves again once the crowd has left", True)
    process.stop()


def body(checks, lab):
    process, run_dir = start_lbd(lab, "lb1")
    witness = lab.probe("--target", f"{LB}:80", "--mode", "both", "--rate", 100, "--duration", "600s")
    bad_requests(checks, lab, run_dir)
    faulty_backends(checks, lab, run_dir)
    slow_heads(checks, lab)
    half_open_flood(checks, lab)
    report = witness.stop()
    for name in ("new", "keepalive"):
        stream = report["streams"][name]
        checks.equal(f"other clients, {name}: failed of {stream['requests']}", stream["failed"], 0)
        checks.figure(f"other clients, {name}: p99", stream["latency_ms"]["p99"], "ms")
    checks.true("lbd lives", process.alive())
    out_of_descriptors(checks, lab)


if __name__ == "__main__":
    harness.run("robustness", body, make_pair=False)
