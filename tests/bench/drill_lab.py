"""The pairs under the drill, in a lab of network namespaces: ours and keepalived's, with the same ways to be hurt.

    lb1, lb2  the nodes, 192.0.2.11 and .12, with a sync link of their own; lb1 is preferred
    client    192.0.2.10 sends echo requests to the floating address 192.0.2.100
    b1        192.0.2.21 observes: it asks by ARP who has the address. Nobody else listens to the answers.
    lan       the bridge between them, 192.0.2.1; it and the client are the witnesses
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))

import pair as tandem_pair  # noqa: E402
from netlab import Lab, Process, binaries  # noqa: E402

VIP = "192.0.2.100"
NAME = "vip-a"
NODES = ("lb1", "lb2")
OWNER, OTHER = NODES  # while all is well
OBSERVER, OBSERVER_ADDRESS = "b1", "192.0.2.21"
WITNESSES = ["192.0.2.1", "192.0.2.10"]  # the bridge and the client
PRIORITY = {"lb1": 253, "lb2": 252}  # what ours have by themselves; keepalived gets the same, so the same skew
LOWERED = 240
REAL_TIME = 10  # SCHED_FIFO, as vrrpd takes it
SETTLE_S = 20.0
QUIET_S = 0.25  # one owner for so long counts as settled
PATIENCE_S = 2.0  # with a node that does not take its address back, because it has lost it too often


class DrillLab(Lab):
    def _build(self):
        super()._build()
        # An entry that has changed within the last second does not change again (locktime). What comes before the
        # drill's faults is a second ago for a client in the world, and not for this one.
        self.run("client", "sysctl", "-qw", "net.ipv4.neigh.eth0.locktime=0")


def new_lab():
    return DrillLab(backends=1)


class Product:
    """A pair in a lab. What a fault does to it is the same for all products, but for a few things done their own way."""

    name = ""
    sync_link = False   # between the nodes, besides the LAN

    def __init__(self, lab, interval_ms, policy):
        self.lab, self.interval_ms, self.policy = lab, interval_ms, policy
        self.processes = {}
        self.frozen = []
        self.hogs = []
        self.mac = {node: self._link(node)["address"] for node in NODES}

    def _link(self, node):
        return json.loads(self.lab.ip(node, "-j", "link", "show", "dev", "eth0").stdout)[0]

    # ---- life --------------------------------------------------------------------------------

    def start(self):
        for node in NODES:
            self.start_node(node)

    def start_node(self, node):
        """Starts what does not run."""
        raise NotImplementedError

    def ready(self):
        """Everything runs, and each node may take over from the other."""
        raise NotImplementedError

    def settle(self):
        """lb1 owns the address alone and has done so for a while; whatever ended runs again."""
        self.start()
        since = None
        end = time.monotonic() + SETTLE_S
        patience = time.monotonic() + PATIENCE_S
        while since is None or time.monotonic() - since < QUIET_S:
            alone = self.ready() and self.holders() == [OWNER]
            since = (since or time.monotonic()) if alone else None
            if not alone and time.monotonic() > patience:
                self.encourage()
                patience = time.monotonic() + 2 * PATIENCE_S
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} did not settle within {SETTLE_S:g} s: {self.describe()}")
            time.sleep(0.05)

    def encourage(self):
        """Makes a node forget how often it has lost the address."""

    def describe(self):
        return f"the address is on {' and '.join(self.holders()) or 'no node'}"

    def stop(self):
        """Ends all, without ceremony, and removes what is left."""
        self.undo()
        for node in NODES:
            self.kill(self.pids(node))
            self.sweep(node)

    def sweep(self, node):
        """What a reboot does for the kernel of a node whose daemons were killed: no address is left, and no program of the lease,
        which would silence another product with the same VRID."""
        self.lab.ip(node, "addr", "flush", "dev", "eth0", "to", VIP, check=False)
        self.lab.run(node, "tc", "qdisc", "del", "dev", "eth0", "clsact", check=False)

    def holders(self):
        return [node for node in NODES if VIP in self.lab.addresses(node)]

    # ---- processes ---------------------------------------------------------------------------

    def pids(self, node):
        """All processes of the product on the node."""
        raise NotImplementedError

    def daemon_pids(self, node):
        """Of the VRRP daemon, without whoever watches over it, if somebody does."""
        raise NotImplementedError

    def vrrp_pids(self, node):
        """Of the VRRP daemon and whoever watches over it."""
        raise NotImplementedError

    def lbd_pids(self, node):
        return []

    def forget_neighbour(self):
        """The client asks anew where the address is: nothing of an earlier run is left."""
        self.lab.ip("client", "neigh", "flush", "to", VIP, check=False)

    def look(self):
        """Notes the owner's processes: at the moment of the fault nobody has to search for them."""
        self.known_pids, self.known_vrrp_pids = self.pids(OWNER), self.vrrp_pids(OWNER)
        self.known_daemon_pids, self.known_lbd_pids = self.daemon_pids(OWNER), self.lbd_pids(OWNER)

    def kill(self, pids):
        """kill -9, of all at once: they are stopped first, so that none sees the others die."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def freeze(self, pids):
        self.frozen = list(pids)
        for pid in self.frozen:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self.frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.frozen = []

    def terminate(self, node):
        """SIGTERM to the VRRP daemon."""
        raise NotImplementedError

    def move_away(self, node):
        """A planned move away from the node, in the product's own way; returns before or after the move."""
        raise NotImplementedError

    # ---- the network -------------------------------------------------------------------------

    def _bridge_rules(self, rules):
        text = "add table bridge fault; add chain bridge fault f { type filter hook forward priority 0; }; "
        self.lab.run("lan", "nft", text + "; ".join(f"add rule bridge fault f {rule} drop" for rule in rules))

    def cut(self, sender, receiver, both=False):
        """Nothing of the sender reaches the receiver; the client still reaches both."""
        ways = [(sender, receiver)] + ([(receiver, sender)] if both else [])
        self._bridge_rules([f"iifname {a} oifname {b}" for a, b in ways])

    def lose_adverts(self, percent):
        for node in NODES:
            self.lab.drop(node, f"ip protocol vrrp numgen random mod 100 < {percent}")

    def cut_sync(self, down=True):
        if self.sync_link:
            self.lab.link(OWNER, "sync0", not down)

    def unplug(self, node, out=True):
        """The node's interface loses its carrier."""
        self.lab.link("lan", node, not out)

    def isolate(self, node, isolated=True):
        """A black hole: the carrier stays."""
        self.lab.isolate(node, isolated)

    def flush(self, node):
        self.lab.ip(node, "addr", "flush", "dev", "eth0", "to", VIP)

    # ---- CPU ---------------------------------------------------------------------------------

    def hog(self, node, real_time):
        """The node and busy loops of the highest priority share one CPU; everything else has the others."""
        cpus = sorted(os.sched_getaffinity(0))
        self.pin(self.pids(node), {cpus[-1]})
        argv = ["chrt", "-f", "99"] if real_time else ["nice", "-n", "-20"]
        for _ in range(1 if real_time else 8):
            self.hogs.append(subprocess.Popen(
                [*argv, "taskset", "-c", str(cpus[-1]), sys.executable, "-c", "while True: pass"],
                stdin=subprocess.DEVNULL, start_new_session=True))

    def end_hogs(self):
        for hog in self.hogs:
            hog.kill()
            hog.wait()
        self.hogs = []
        for node in NODES:
            self.pin(self.pids(node), os.sched_getaffinity(0))

    def pin(self, pids, cpus):
        for pid in pids:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for thread in os.listdir(f"/proc/{pid}/task"):
                    os.sched_setaffinity(int(thread), cpus)

    # ---- afterwards --------------------------------------------------------------------------

    def undo(self):
        """Whatever the fault was, the network and the processes are well again (those that live)."""
        if self.hogs:
            self.end_hogs()
        self.thaw()
        self.lab.run("lan", "nft", "delete", "table", "bridge", "fault", check=False)
        for node in NODES:
            self.lab.heal(node)
            self.unplug(node, False)
            self.isolate(node, False)
        self.cut_sync(False)


class Tandem(Product):
    """lbd, vrrpd and syncd on each node, as they are installed."""

    name = "tandem"
    sync_link = True

    def __init__(self, lab, interval_ms, policy):
        super().__init__(lab, interval_ms, policy)
        config = tandem_pair.configuration(lab, f"{interval_ms}ms", "0s")
        config["virtual_addresses"] = config["virtual_addresses"][:1]
        config["cluster"] |= {"witnesses": WITNESSES, "split_policy": policy}
        self.pair = tandem_pair.Pair(lab, config)

    def start_node(self, node):
        for daemon in ("syncd", "lbd", "vrrpd"):
            process = self.pair.daemons.get((node, daemon))
            if process is None or not process.alive():
                self.pair.start_daemon(node, daemon)

    def ready(self):
        self.start()  # a guard that was just leaving has gone by now
        return all(self.pair.ready(node) and self.pair.in_sync(node) and self.may_take_over(node) for node in NODES)

    def status(self, node):
        return self.pair.get(node, "vrrpd")["virtual_addresses"][0]

    def may_take_over(self, node):
        try:
            status = self.status(node)
        except (OSError, IndexError):  # it has just started
            return False
        return status["may_take_over"] and status["vote"]["peer"]

    def encourage(self):
        """A node that has lost its address again and again waits longer each time before it preempts."""
        vrrpd = self.pair.daemons[OWNER, "vrrpd"]
        vrrpd.stop()
        self.start()

    def describe(self):
        said = []
        for node in NODES:
            with contextlib.suppress(OSError, IndexError):
                status = self.status(node)
                said.append(f"{node} {status['state']} ({status['cause']})")
        return super().describe() + "; " + "; ".join(said)

    def pids(self, node):
        return self.pair.pids(node)

    def vrrp_pids(self, node):
        return self.pair.pids(node, "vrrpd")

    def daemon_pids(self, node):
        guard = self.pair.daemons[node, "vrrpd"].pid
        return [pid for pid in self.vrrp_pids(node) if pid != guard]

    def lbd_pids(self, node):
        return self.pair.pids(node, "lbd")

    def terminate(self, node):
        self.pair.terminate(node, "vrrpd")

    def move_away(self, node):
        self.pair.lbctl(node, "failover", NAME)

    def log(self):
        return "\n".join(f"--- {name}\n" + "\n".join(text.splitlines()[-15:]) for name, text in self.pair.logs())


class Keepalived(Product):
    """Debian's, with the settings that suit it best: VRRPv3, real time, no swapping."""

    name = "keepalived"

    def __init__(self, lab, interval_ms, policy):
        super().__init__(lab, interval_ms, policy)
        for node in NODES:
            self.configure(node, PRIORITY[node])

    def path(self, node, suffix):
        return self.lab.directory / f"{node}-keepalived.{suffix}"

    def configure(self, node, priority):
        self.path(node, "conf").write_text(f"""\
global_defs {{
    vrrp_version 3
    vrrp_rt_priority {REAL_TIME}
    vrrp_rlimit_rttime 10000000
    vrrp_no_swap
}}
vrrp_instance vip {{
    interface eth0
    state BACKUP
    virtual_router_id 51
    priority {priority}
    advert_int {self.interval_ms / 1000:g}
    virtual_ipaddress {{
        {VIP}/24
    }}
}}
""")

    def start_node(self, node):
        process = self.processes.get(node)
        if process is not None and process.alive():
            return
        # A number in a file of one that was killed may be another process's by now.
        for suffix in ("pid", "vrrp-pid"):
            self.path(node, suffix).unlink(missing_ok=True)
        self.sweep(node)
        # Where no syslog runs its lines would go to the console of the machine: a slow one stops everybody on that CPU.
        self.processes[node] = self.lab.start(node, "keepalived", [
            "keepalived", "--dont-fork", "--log-console", "--no-syslog", "--log-detail", "--vrrp",
            "--use-file", self.path(node, "conf"),
            "--pid", self.path(node, "pid"), "--vrrp_pid", self.path(node, "vrrp-pid")])

    def ready(self):
        self.start()
        return all(process.alive() for process in self.processes.values())

    def settle(self):
        for node in NODES:
            self.set_priority(node, PRIORITY[node])
        super().settle()

    def set_priority(self, node, priority):
        if f"priority {priority}\n" in self.path(node, "conf").read_text():
            return
        self.configure(node, priority)
        if node in self.processes:
            self.processes[node].signal(signal.SIGHUP)

    def pids(self, node):
        return self.lab.pids(node, "keepalived", "keepalived_vrrp")

    daemon_pids = vrrp_pids = pids

    def terminate(self, node):
        self.processes[node].signal(signal.SIGTERM)

    def move_away(self, node):
        if node == OWNER:
            self.set_priority(OWNER, LOWERED)
        else:
            self.set_priority(OWNER, PRIORITY[OWNER])

    def log(self):
        return "\n".join(f"--- {node}\n" + "\n".join(p.text().splitlines()[-15:]) for node, p in self.processes.items())


PRODUCTS = {product.name: product for product in (Tandem, Keepalived)}


class Probe:
    """A running tandem-drill-probe."""

    def __init__(self, lab, number):
        self.process = Process(
            lab, "client", "drill-probe",
            [binaries() / "tandem-drill-probe", "--address", VIP, "--observer", f"/run/netns/{lab.ns(OBSERVER)}",
             "--observer-address", OBSERVER_ADDRESS],
            lab.directory / f"drill-probe-{number}.log", stdout=subprocess.PIPE)

    def stop(self):
        """Ends it and returns what it saw."""
        self.process.signal(signal.SIGINT)
        out, _ = self.process.popen.communicate(timeout=10)
        if self.process.popen.returncode != 0:
            raise RuntimeError(f"tandem-drill-probe failed: {self.process.text()}")
        self.process.output.close()
        os.unlink(self.process.log)
        return json.loads(out)
