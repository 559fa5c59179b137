#!/usr/bin/env python3
"""255 virtual routers on one interface of two vrrpd in network namespaces: failover of all within a second.

The CPU time while nothing happens is printed, and judged only beyond several times what it should be: the lab charges the
work of its bridge and of the receivers' kernels to the sender, and a busy machine makes everything dearer.
Needs root; skipped loudly without. Prints what it measured.
"""

import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

from netlab import Lab, skip_without_root, wait_for  # noqa: E402
from two_nodes import Pair, milliseconds  # noqa: E402

ROUTERS = 255
ALL_WITHIN_MS = 1000  # of the first one
MOST_PERCENT = 10  # of a core, while nothing happens
ADDRESSES = {f"10.9.0.{i}" for i in range(1, ROUTERS + 1)}


def held(pair, node):
    return len(ADDRESSES & pair.on_interface(node))


def cpu_seconds(pid):
    """User and system, which are samples, and the whole, which is exact."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system = (int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:13])
    return user, system, int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def idle_cpu(pair, node, seconds):
    """Percent of a core: user, system, whole."""
    _, daemon = pair.pids(node)
    before, begun = cpu_seconds(daemon), time.monotonic()
    time.sleep(seconds)
    spent = time.monotonic() - begun
    return [100 * (after - value) / spent for value, after in zip(before, cpu_seconds(daemon))]


def main():
    skip_without_root()
    with Lab(backends=0) as lab:
        pair = Pair(lab)
        pair.write_virtual_addresses([
            {"name": f"vip-{i}", "addresses": [f"10.9.0.{i}/32"], "interface": "eth0", "vrid": i,
             "preferred_node": "lb1", "advert_interval": "100ms"} for i in range(1, ROUTERS + 1)])
        for node in ("lb1", "lb2"):
            pair.start(node)
        wait_for(lambda: held(pair, "lb1") == ROUTERS and held(pair, "lb2") == 0, 20, "lb1 to own all")
        time.sleep(2)  # what follows a start
        percent = {node: idle_cpu(pair, node, 10) for node in ("lb1", "lb2")}
        print(f"{ROUTERS} routers, adverts each 100 ms, nothing happens:", flush=True)
        for node, role in (("lb1", "active"), ("lb2", "backup")):
            user, system, whole = percent[node]
            print(f"  {node} (all {role}): {whole:.2f} % of a core (user {user:.2f}, system {system:.2f})", flush=True)
            assert whole <= MOST_PERCENT, f"{whole:.2f} %"

        guard, daemon = pair.pids("lb1")
        killed = time.monotonic_ns()
        os.kill(guard, signal.SIGKILL)
        os.kill(daemon, signal.SIGKILL)
        wait_for(lambda: held(pair, "lb2") > 0, 5, "lb2 to take the first one", 0)
        first = time.monotonic_ns()
        wait_for(lambda: held(pair, "lb2") == ROUTERS, 20, "lb2 to take all", 0)
        last = time.monotonic_ns()
        spread = milliseconds(last - first)
        print(f"kill -9 of all of lb1: the first after {milliseconds(first - killed):.0f} ms, all {spread:.0f} ms later",
              flush=True)
        lab.stalls.at_most("from the first to the last", spread, ALL_WITHIN_MS, first, last)


if __name__ == "__main__":
    main()
