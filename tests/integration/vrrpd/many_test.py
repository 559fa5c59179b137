#!/usr/bin/env python3
"""255 virtual routers on one interface of two vrrpd in network namespaces: failover of all within a second.

The CPU time while nothing happens is printed: of each node's own work, where there are two CPUs, and with the lab's work on
the sender's account (many.py says what that means). It is judged only beyond several times what it should be, for a busy
machine makes everything dearer; tests/bench/idle holds it to its target. Needs root; skipped loudly without.
"""

import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

import many  # noqa: E402
from netlab import Lab, skip_without_root, wait_for  # noqa: E402
from two_nodes import Pair, milliseconds  # noqa: E402

ALL_WITHIN_MS = 1000  # of the first one
MOST_PERCENT = 30  # of a core, while nothing happens; sanitizers take half of it, and the target is that of tests/bench/idle
SECONDS = 10


def print_cpu(pair, what):
    print(f"{many.ROUTERS} routers, adverts each 100 ms, nothing happens, {what}:", flush=True)
    for node, (user, system, whole) in many.idle_cpu(pair, SECONDS).items():
        print(f"  {node} (all {many.ROLES[node]}): {whole:.2f} % of a core (user {user:.2f}, system {system:.2f})", flush=True)
        assert whole <= MOST_PERCENT, f"{whole:.2f} %"


def main():
    skip_without_root()
    with Lab(backends=0) as lab:
        pair = Pair(lab)
        many.start(pair)
        print_cpu(pair, "with the lab's work on the sender's account")
        with many.own_work_only(pair) as possible:
            if possible:
                print_cpu(pair, "own work")

        guard, daemon = pair.pids("lb1")
        killed = time.monotonic_ns()
        os.kill(guard, signal.SIGKILL)
        os.kill(daemon, signal.SIGKILL)
        wait_for(lambda: many.held(pair, "lb2") > 0, 5, "lb2 to take the first one", 0)
        first = time.monotonic_ns()
        wait_for(lambda: many.held(pair, "lb2") == many.ROUTERS, 20, "lb2 to take all", 0)
        last = time.monotonic_ns()
        spread = milliseconds(last - first)
        print(f"kill -9 of all of lb1: the first after {milliseconds(first - killed):.0f} ms, all {spread:.0f} ms later",
              flush=True)
        lab.stalls.at_most("from the first to the last", spread, ALL_WITHIN_MS, first, last)


if __name__ == "__main__":
    main()
