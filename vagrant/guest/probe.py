#!/usr/bin/env python3
"""Open-loop probe: a new connection and a request at a constant rate, each with its own deadline.

    probe.py [--until-eof] ADDRESS[:PORT] SECONDS RATE [COOKIE]

Ends after SECONDS; with --until-eof as soon as its standard input ends, and after SECONDS all the same. Prints one JSON
object: requests, failures by kind, the longest time without an answer (ms, also before the first and after the last
one), how late the probe itself was at worst (ms), and the backends that answered. With COOKIE every request carries
it, to see whether a sticky client stays.
"""
import argparse
import collections
import json
import os
import socket
import threading
import time

DEADLINE = 2.0


def request(host, port, cookie):
    """One request on a connection of its own; returns (outcome, backend, Set-Cookie)."""
    head = f"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n{'Cookie: ' + cookie + chr(13) + chr(10) if cookie else ''}\r\n"
    try:
        with socket.create_connection((host, port), timeout=DEADLINE) as connection:
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


def event_of_eof():
    """An event that is set when standard input ends."""
    ended = threading.Event()

    def watch():
        while os.read(0, 4096):
            pass
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    return ended


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--until-eof", action="store_true")
    parser.add_argument("address")
    parser.add_argument("seconds", type=float)
    parser.add_argument("rate", type=float)
    parser.add_argument("cookie", nargs="?", default="")
    arguments = parser.parse_args()
    host, _, port = arguments.address.partition(":")
    lock = threading.Lock()
    outcomes, backends, successes, cookies = collections.Counter(), collections.Counter(), [], []

    def one():
        outcome, backend, set_cookie = request(host, int(port or 80), arguments.cookie)
        with lock:
            outcomes[outcome] += 1
            if outcome == "ok":
                successes.append(time.monotonic())
                backends[backend] += 1
                if set_cookie:
                    cookies.append(set_cookie)

    stop = event_of_eof() if arguments.until_eof else threading.Event()
    pending, late = [], 0.0
    start = sent = time.monotonic()
    for number in range(int(arguments.seconds * arguments.rate)):
        due = start + number / arguments.rate
        if stop.wait(max(0.0, due - time.monotonic())):
            break
        sent = time.monotonic()
        late = max(late, sent - due)
        pending = [thread for thread in pending if thread.is_alive()] + [threading.Thread(target=one)]
        pending[-1].start()
    for thread in pending:
        thread.join()
    moments = sorted([start, *successes, sent])
    failures = {kind: count for kind, count in outcomes.items() if kind != "ok"}
    print(json.dumps({"requests": sum(outcomes.values()), "failures": failures,
                      "longest_gap_ms": round(max(b - a for a, b in zip(moments, moments[1:])) * 1000),
                      "late_ms": round(late * 1000), "backends": backends,
                      "cookie": cookies[-1] if cookies else arguments.cookie}))


main()
