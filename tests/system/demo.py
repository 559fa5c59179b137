#!/usr/bin/env python3
"""The demonstration behind ./demo: a pair at work, a node killed, and what the clients noticed."""

import shutil
import sys
import time
from pathlib import Path

from checks import failures_around
from netlab import Lab, binaries, now_ns, remove, skip_without_root, wait_for
from pair import NODES, TCP, VIPS, WEB, Pair
from stalls import TRIES

KEPT_PREFIX = "tandem"
KEPT_DIRECTORY = Path("/tmp/tandem-demo")
RATE = 500
CLIENTS = 20
GAP_LIMIT_MS = 400
MOVE_LIMIT_MS = 20

PICTURE = """
      client 192.0.2.10
          │
  ────────┴──────┬───────────────────┬──────────────────┬──────────┬──────────┬───  LAN 192.0.2.0/24
                 │ .11               │ .12              │ .21      │ .22      │ .23
            ┌────┴────┐  sync   ┌────┴────┐            ┌┴──┐     ┌─┴─┐     ┌──┴┐
            │   lb1   ╞═════════╡   lb2   │            │b1 │     │b2 │     │b3 │    backends
            └─────────┘         └─────────┘            └───┘     └───┘     └───┘
        vip-a .100 prefers lb1    vip-b .101 prefers lb2      each node runs lbd, vrrpd, syncd
"""


class Story:
    """Prints chapters, and keeps the promises to be judged at the end."""

    def __init__(self):
        self.chapter_number = 0
        self.promises = []

    def chapter(self, title):
        self.chapter_number += 1
        print(f"\n{self.chapter_number}. {title}\n", flush=True)

    def say(self, text):
        print(f"   {text}", flush=True)

    def promise(self, what, measured, limit, kept):
        self.promises.append((what, measured, limit, kept))

    def summary(self):
        print("\n   What was promised                                      measured        limit", flush=True)
        print("   " + "─" * 76)
        for what, measured, limit, kept in self.promises:
            print(f"   {what:<50} {measured:>13} {limit:>12}  {'' if kept else 'BROKEN'}".rstrip())
        broken = sum(not kept for *_, kept in self.promises)
        print(f"\n   {'Every promise was kept.' if not broken else 'Broken promises: ' + str(broken)}", flush=True)
        return broken == 0


def owners_line(pair):
    return ", ".join(f"{vip} ({address}) on {' and '.join(pair.owners(vip)) or 'no node'}"
                     for vip, address in VIPS.items())


def show_stream(story, label, stream):
    failed = stream["failed"]
    kinds = "" if not failed else " (" + ", ".join(f"{n} {kind}" for kind, n in stream["failures"].items()) + ")"
    story.say(f"{label:<22} {stream['requests']:>6} requests, {failed} failed{kinds}; "
              f"longest gap {stream['longest_gap']['ms']:.1f} ms, p50 {stream['latency_ms']['p50']:.2f} ms, "
              f"p99 {stream['latency_ms']['p99']:.2f} ms")


def show_traffic(story, lab, pair):
    story.chapter("Traffic through both addresses: two nodes, three backends")
    probes = {vip: lab.probe("--target", f"{address}:{WEB}", "--mode", "both", "--rate", RATE // 2, "--duration", "3s",
                             "--sticky-clients", CLIENTS) for vip, address in VIPS.items()}
    echo = lab.probe("--target", f"{VIPS['vip-a']}:{TCP}", "--mode", "tcp", "--rate", 100, "--duration", "3s")
    for vip, probe in probes.items():
        report = probe.result()
        spread = "  ".join(f"{name} {count}" for name, count in sorted(report["backends"].items()))
        show_stream(story, f"{vip}, new", report["streams"]["new"])
        show_stream(story, f"{vip}, keep-alive", report["streams"]["keepalive"])
        story.say(f"{vip + ', by backend':<22} {spread}; sticky clients kept {report['sticky']['kept']} of {CLIENTS}")
        failed = sum(stream["failed"] for stream in report["streams"].values())
        story.promise(f"quiet traffic through {vip}: failed requests", failed, "0", failed == 0)
    report = echo.result()
    show_stream(story, "vip-a, TCP echo", report["streams"]["new"])
    story.say(f"{'TCP, by backend':<22} " + "  ".join(f"{n} {c}" for n, c in sorted(report["backends"].items())))


def show_cookie(story, lab):
    story.chapter("A sticky cookie")
    url = f"http://{VIPS['vip-a']}:{WEB}/"
    first = lab.run("client", "curl", "-s", "-i", url).stdout
    fields = dict(line.split(": ", 1) for line in first.splitlines() if ": " in line)
    cookie = fields.get("Set-Cookie", fields.get("set-cookie", "none"))
    story.say(f"curl -i {url}")
    story.say(f"  X-Backend: {fields.get('X-Backend')}")
    story.say(f"  Set-Cookie: {cookie[:90]}{'…' if len(cookie) > 90 else ''}")
    later = [lab.run("client", "curl", "-s", "-o", "/dev/null", "-w", "%header{x-backend}", "-H",
                     f"Cookie: {cookie.split(';')[0]}", f"http://{address}:{WEB}/").stdout
             for address in VIPS.values() for _ in range(4)]
    story.say(f"8 more requests with this cookie, 4 through each node, met: {' '.join(later)}")
    same = sum(name == fields.get("X-Backend") for name in later)
    story.promise("one cookie, both nodes: same backend", f"{same} of 8", "8 of 8", same == 8)


def kill_the_active_node(story, lab, pair):
    story.chapter("kill -9 of every daemon of lb1, under load")
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "both", "--rate", RATE, "--duration", "6s")
    time.sleep(2)
    pids = pair.pids("lb1")
    killed = pair.kill("lb1")
    story.say(f"kill -9 {' '.join(map(str, pids))}   (lbd, vrrpd and its guard, syncd of lb1)")
    wait_for(lambda: "lb2" in pair.owners("vip-a"), 5, "lb2 to take vip-a")
    wait_for(lambda: pair.owners("vip-a") == ["lb2"], 20, "the dead node to lose vip-a")
    gone = (now_ns() - killed) / 1e6
    report = load.result()
    late_failures = 0
    for name, label in (("new", "new connections"), ("keepalive", "keep-alive")):
        stream = report["streams"][name]
        show_stream(story, label, stream)
        before, within, after = failures_around(stream, killed, GAP_LIMIT_MS)
        story.say(f"{'':<22} failed before the kill: {before}, due within {GAP_LIMIT_MS} ms of it: {within}, later: {after}")
        late_failures += after
    story.say(f"the dead node's kernel dropped the address after {gone:.0f} ms; now: {owners_line(pair)}")
    gap = report["streams"]["new"]["longest_gap"]["ms"]
    story.promise("node killed: longest gap, new connections", f"{gap:.1f} ms", f"{GAP_LIMIT_MS} ms", gap <= GAP_LIMIT_MS)
    story.promise("node killed: failed requests after that", late_failures, "0", late_failures == 0)


def bring_it_back(story, lab, pair):
    story.chapter("The node returns")
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "new", "--rate", RATE, "--duration", "6s")
    started = now_ns()
    pair.start_node("lb1")
    wait_for(pair.settled, 30, "lb1 to be in sync and to own vip-a again")
    story.say(f"lb1 was in sync and had its address back {(now_ns() - started) / 1e6:.0f} ms after its start; "
              f"now: {owners_line(pair)}")
    stream = load.result()["streams"]["new"]
    show_stream(story, "new connections", stream)
    story.promise("node returned: failed new connections", stream["failed"], "0", stream["failed"] == 0)


def move_there_and_back(story, lab, pair):
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "new", "--rate", RATE, "--duration", "4s")
    for node, other in (("lb1", "lb2"), ("lb2", "lb1")):
        time.sleep(1)
        story.say(f"lbctl failover vip-a   (on {node})")
        pair.lbctl(node, "failover", "vip-a")
        wait_for(lambda: pair.owners("vip-a") == [other], 5, f"{other} alone to have vip-a")
    return load.result()


def move_on_purpose(story, lab, pair):
    story.chapter("A planned move, and back")
    for left in reversed(range(TRIES)):
        begun = now_ns()
        stream = move_there_and_back(story, lab, pair)["streams"]["new"]
        stalled = stream["longest_gap"]["ms"] > MOVE_LIMIT_MS and lab.stalls.described(begun)
        if not stalled or not left:
            break
        story.say(f"gap {stream['longest_gap']['ms']:.1f} ms, but {stalled}: measuring again")
    show_stream(story, "new connections", stream)
    gap = stream["longest_gap"]["ms"]
    story.say(f"now: {owners_line(pair)}")
    story.promise("planned moves: longest gap, new connections", f"{gap:.1f} ms", f"{MOVE_LIMIT_MS} ms", gap <= MOVE_LIMIT_MS)
    story.promise("planned moves: failed new connections", stream["failed"], "0", stream["failed"] == 0)


def tell(story, lab, pair):
    print(PICTURE)
    _ = lab.stalls  # watched from now on
    story.chapter("Starting the pair")
    started = now_ns()
    pair.start()
    story.say(f"up, in sync, {owners_line(pair)}: {(now_ns() - started) / 1e6:.0f} ms after the start")
    show_traffic(story, lab, pair)
    show_cookie(story, lab)
    sticky = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--rate", 0, "--sticky-clients", CLIENTS,
                       "--duration", "600s")
    time.sleep(1)
    kill_the_active_node(story, lab, pair)
    bring_it_back(story, lab, pair)
    move_on_purpose(story, lab, pair)
    kept = sticky.stop()["sticky"]["kept"]
    story.promise("sticky clients on their backend through all of it", f"{kept} of {CLIENTS}", f"{CLIENTS} of {CLIENTS}",
                  kept == CLIENTS)
    story.chapter("Summary")
    return story.summary()


def how_to_look_around(lab, pair):
    lbctl = binaries() / "lbctl"
    print("\n   The pair is still running. Look around:\n")
    for vip, address in VIPS.items():
        print(f"     ip netns exec {lab.ns('client')} curl -i http://{address}/        # {vip}")
    for node in NODES:
        print(f"     {lbctl} --run-dir {pair.run_dir(node)} status")
    print(f"     curl --unix-socket {pair.run_dir('lb1')}/vrrpd.sock http://vrrpd/v1/status")
    print(f"     {lbctl} --run-dir {pair.run_dir('lb1')} drain web/b1       # and enable, on either node")
    print(f"     {lbctl} --run-dir {pair.run_dir('lb1')} failover vip-a")
    print(f"     ip -n {lab.ns('lb1')} address show eth0")
    print(f"     less {pair.config_file}     # and the logs beside it")
    print("\n   Stop it with: ./demo --stop\n", flush=True)


def stop_kept():
    remove(KEPT_PREFIX)
    shutil.rmtree(KEPT_DIRECTORY, ignore_errors=True)
    print("demo: removed")


def main(arguments):
    skip_without_root()
    if "--stop" in arguments:
        stop_kept()
        return 0
    keep = "--keep" in arguments
    if keep and KEPT_DIRECTORY.exists():
        print("demo: a pair is already running; stop it with ./demo --stop", file=sys.stderr)
        return 1
    where = {"prefix": KEPT_PREFIX, "directory": KEPT_DIRECTORY} if keep else {}
    story = Story()
    with Lab(keep=keep, **where) as lab:
        lab.start_backends()
        pair = Pair(lab)
        try:
            kept = tell(story, lab, pair)
        except AssertionError as error:
            print(f"\n   FAILED: {error}\n", flush=True)
            for name, text in pair.logs():
                print(f"-- end of the log of {name}\n  " + "\n  ".join(text.splitlines()[-12:]), flush=True)
            kept = False
        if keep:
            how_to_look_around(lab, pair)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
