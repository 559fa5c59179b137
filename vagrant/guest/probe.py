#!/usr/bin/env python3
"""Open-loop probe: a new connection and a request at a constant rate, each with its own deadline.

    probe.py ADDRESS SECONDS RATE [COOKIE]

Prints one JSON object: requests, failures by kind, the longest time between two successes (ms), and the
backends that answered. With COOKIE every request carries it, to see whether a sticky client stays.
"""
import collections
import json
import socket
import sys
import threading
import time

DEADLINE = 2.0


def request(address, cookie):
    """One request on a connection of its own; returns (outcome, backend, Set-Cookie)."""
    head = f"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n{'Cookie: ' + cookie + chr(13) + chr(10) if cookie else ''}\r\n"
    try:
        with socket.create_connection((address, 80), timeout=DEADLINE) as connection:
            connection.sendall(head.encode())
            reply = b""
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                reply += piece
    except ConnectionRefusedError:
        return "refused", "", ""
    except socket.timeout:
        return "timeout", "", ""
    except OSError as error:
        return type(error).__name__, "", ""
    fields = dict(line.split(": ", 1) for line in reply.decode("latin1").split("\r\n\r\n")[0].split("\r\n")[1:] if ": " in line)
    if not reply.startswith(b"HTTP/1.1 200"):
        return "status " + reply[9:12].decode("latin1"), "", ""
    return "ok", fields.get("X-Backend", ""), fields.get("Set-Cookie", "").split(";")[0]


def main():
    address, seconds, rate = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    cookie = sys.argv[4] if len(sys.argv) > 4 else ""
    lock = threading.Lock()
    outcomes, backends, successes, cookies = collections.Counter(), collections.Counter(), [], []

    def one():
        outcome, backend, set_cookie = request(address, cookie)
        with lock:
            outcomes[outcome] += 1
            if outcome == "ok":
                successes.append(time.monotonic())
                backends[backend] += 1
                if set_cookie:
                    cookies.append(set_cookie)

    threads = []
    start = time.monotonic()
    for number in range(int(seconds * rate)):
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        thread = threading.Thread(target=one)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    successes.sort()
    gaps = [b - a for a, b in zip(successes, successes[1:])]
    failures = {kind: count for kind, count in outcomes.items() if kind != "ok"}
    print(json.dumps({"requests": sum(outcomes.values()), "failures": failures,
                      "longest_gap_ms": round(max(gaps, default=0) * 1000), "backends": backends,
                      "cookie": cookies[-1] if cookies else cookie}))


main()
