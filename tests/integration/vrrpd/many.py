"""As many virtual routers as one interface can have, on each of two vrrpd, and the CPU time that these take.

In a lab the sender of a frame pays for its whole way: for the bridge, and for the kernel's work in every receiver. On a
LAN a node's work ends where it hands the frame to its network card. own_work_only() comes as near to that as one machine
can: the daemons stay on one CPU, and what follows a frame's way out of its own interface is done on another one (receive
packet steering). What the sender still pays for is the call of that CPU, once in a burst, much as with a card. Neither node
pays for the kernel's work in a receiver before its socket, which on a LAN is done in an interrupt.
"""

import contextlib
import os
import time
from pathlib import Path

from netlab import binaries, wait_for

ROUTERS = 255
ADDRESSES = {f"10.9.0.{i}" for i in range(1, ROUTERS + 1)}
ROLES = {"lb1": "active", "lb2": "backup"}
DAEMONS_CPU, LAN_CPU = 0, 1


def held(pair, node):
    return len(ADDRESSES & pair.on_interface(node))


def start(pair):
    """lb1 becomes the owner of all, lb2 the backup."""
    pair.write_virtual_addresses([
        {"name": f"vip-{i}", "addresses": [f"10.9.0.{i}/32"], "interface": "eth0", "vrid": i,
         "preferred_node": "lb1", "advert_interval": "100ms"} for i in range(1, ROUTERS + 1)])
    for node in ROLES:
        pair.start(node)
    wait_for(lambda: held(pair, "lb1") == ROUTERS and held(pair, "lb2") == 0, 20, "lb1 to own all")
    time.sleep(2)  # what follows a start


def exchange_heartbeats(pair):
    """The nodes hear each other over the sync link, too: real syncd instead of the stand-ins."""
    for node in ROLES:
        pair.syncd[node].die()
        pair.lab.start(node, "syncd", [binaries() / "syncd", "--config", pair.config, "--node", node,
                                       "--run-dir", pair.run_dir[node]])
    for node in ROLES:
        wait_for(lambda: pair.status(node, f"vip-{ROUTERS}")["vote"]["peer"], 20, f"{node} to hear its peer's heartbeats")


def steer(lab, cpus):
    """Which CPUs, of a set, do the work of the receivers; none: that of the sender. False if the kernel refuses."""
    mask = f"{sum(1 << cpu for cpu in cpus):x}"
    script = f"for queue in /sys/class/net/*/queues/rx-0/rps_cpus; do echo {mask} > $queue || exit 1; done"
    return all(lab.run(place, "sh", "-c", script, check=False).returncode == 0 for place in ("lan", "lb1", "lb2", "client"))


@contextlib.contextmanager
def own_work_only(pair):
    """In this block the nodes' CPU time is what they would need on a LAN. False if that cannot be: it takes two CPUs."""
    cpus = os.sched_getaffinity(0)
    pids = [pair.pids(node)[1] for node in ROLES]
    possible = {DAEMONS_CPU, LAN_CPU} <= cpus and steer(pair.lab, {LAN_CPU})
    for pid in pids if possible else []:
        os.sched_setaffinity(pid, {DAEMONS_CPU})
    yield possible
    steer(pair.lab, set())
    for pid in pids:
        os.sched_setaffinity(pid, cpus)


def cpu_seconds(pid):
    """Of all threads: user and system, which are samples, and the whole, which is exact."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system = (int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:13])
    whole = sum(int((thread / "schedstat").read_text().split()[0]) for thread in Path(f"/proc/{pid}/task").iterdir())
    return user, system, whole / 1e9


def idle_cpu(pair, seconds):
    """Percent of a core while nothing happens, of both nodes' daemons at the same time: {node: (user, system, whole)}."""
    pids = {node: pair.pids(node)[1] for node in ROLES}
    before, begun = {node: cpu_seconds(pid) for node, pid in pids.items()}, time.monotonic()
    time.sleep(seconds)
    spent = time.monotonic() - begun
    return {node: tuple(100 * (after - value) / spent for value, after in zip(before[node], cpu_seconds(pid)))
            for node, pid in pids.items()}
