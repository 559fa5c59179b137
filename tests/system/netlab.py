"""A lab of network namespaces: two load balancers, backends and a client on one LAN.

    lan     the bridge, 192.0.2.1
    lb1/2   192.0.2.11 and .12 on eth0; 198.51.100.1 and .2 on sync0, a cable of their own
    b1..bN  192.0.2.21 and on
    client  192.0.2.10, and 192.0.2.200 to .219 as sources of sticky clients

Names begin with a prefix of the run, so labs can stand side by side. Nothing outside the lab's own
namespaces is touched. A lab is a context manager; it also cleans up on SIGINT, SIGTERM and SIGHUP.
"""

import atexit
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stalls import Stalls

ROOT = Path(__file__).resolve().parents[2]
SKIP = 77  # ctest's SKIP_RETURN_CODE
CLIENT_SOURCES = ("192.0.2.200", 20)  # first address and count
DAEMONS = ("lbd", "vrrpd", "syncd")


def binaries() -> Path:
    """Where the programs under test are: TANDEM_BIN, else the release build."""
    return Path(os.environ.get("TANDEM_BIN", ROOT / "build/release/bin"))


def now_ns() -> int:
    return time.monotonic_ns()


def wait_for(condition, deadline=10.0, what="the condition", interval=0.01):
    """Calls condition() until it is true and returns its value; AssertionError after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:g} s in vain for {what}")
        time.sleep(interval)


def skip_without_root():
    """Ends the script, loudly, where namespaces cannot be made."""
    reason = ""
    if os.geteuid() != 0:
        reason = "needs root to make network namespaces"
    elif shutil.which("ip") is None:
        reason = "needs iproute2 (ip)"
    else:
        probe = f"tdm{os.getpid()}-try"
        made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
        if made.returncode != 0:
            reason = "cannot make a network namespace: " + made.stderr.strip()
        else:
            subprocess.run(["ip", "netns", "del", probe], capture_output=True)
    if reason:
        print(f"SKIPPED: {Path(sys.argv[0]).name} {reason}", flush=True)
        sys.exit(SKIP)


def _run(argv, check=True):
    done = subprocess.run(argv, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.stdout.strip()}")
    return done


class Process:
    """A program in one of the lab's namespaces; its output goes to a file of the lab."""

    def __init__(self, lab, place, name, argv, log, **popen):
        self.lab, self.place, self.name, self.argv, self.log = lab, place, name, argv, log
        self.output = open(log, "ab")
        self.popen = subprocess.Popen(
            ["ip", "netns", "exec", lab.ns(place), *map(str, argv)],
            stdin=subprocess.DEVNULL, stdout=popen.pop("stdout", self.output), stderr=self.output,
            start_new_session=True, **popen)
        self.pid = self.popen.pid  # ip execs the program: it is the program's own

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, deadline=10.0):
        return self.popen.wait(deadline)

    def stop(self, deadline=10.0):
        """SIGTERM, and SIGKILL for one that does not listen; returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(deadline)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            return self.wait()

    def text(self):
        self.output.flush()
        return Path(self.log).read_text(errors="replace")


class Probe:
    """A running tandem-probe."""

    def __init__(self, lab, place, arguments):
        lab.probes += 1
        log = lab.directory / f"probe-{lab.probes}.log"
        self.process = Process(lab, place, "probe", [binaries() / "tandem-probe", "--json", *arguments], log,
                               stdout=subprocess.PIPE)

    def result(self, deadline=120.0):
        """Waits for the end and returns the report."""
        out, _ = self.process.popen.communicate(timeout=deadline)
        if self.process.popen.returncode != 0:
            raise RuntimeError(f"tandem-probe failed: {self.process.text()}")
        return json.loads(out)

    def stop(self):
        """Ends it early and returns the report."""
        self.process.signal(signal.SIGINT)
        return self.result()


class Lab:
    def __init__(self, backends=3, prefix=None, directory=None, keep=False):
        """With `keep` the lab outlives the script, unless it is interrupted or fails."""
        self.prefix = prefix or f"tdm{os.getpid()}"
        self.keep = keep
        self.backends = [f"b{i + 1}" for i in range(backends)]
        if directory:
            Path(directory).mkdir(parents=True)
        self.directory = Path(directory or tempfile.mkdtemp(prefix=f"{self.prefix}-"))
        self.processes = []
        self.probes = 0
        self.closed = False
        self._stalls = None
        self._handlers = {}

    # ---- life ------------------------------------------------------------------------------

    def __enter__(self):
        sweep()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        atexit.register(self.close)
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and os.environ.get("TANDEM_LAB_LOGS"):
            shutil.copytree(self.directory, os.environ["TANDEM_LAB_LOGS"], dirs_exist_ok=True)
        self.keep = self.keep and kind is None
        self.close()

    def _on_signal(self, number, frame):
        self.keep = False
        self.close()
        sys.stdout.flush()
        os._exit(128 + number)

    def close(self):
        """Removes everything the lab made; may be called twice."""
        if self.closed or self.keep:
            return
        self.closed = True
        remove(self.prefix)
        if self._stalls:
            self._stalls.close()
        for process in self.processes:
            try:
                process.popen.wait(5)
            except subprocess.TimeoutExpired:
                pass
            process.output.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @property
    def stalls(self):
        """When the machine itself was late, watched from the first use of this on."""
        if self._stalls is None:
            self._stalls = Stalls(binaries() / "tandem-stall-watch", self.directory)
        return self._stalls

    # ---- topology --------------------------------------------------------------------------

    def ns(self, place):
        return f"{self.prefix}-{place}"

    def ip(self, place, *words, check=True):
        return _run(["ip", "-n", self.ns(place), *words], check)

    def run(self, place, *argv, check=True):
        """Runs a command in a namespace to its end."""
        return _run(["ip", "netns", "exec", self.ns(place), *map(str, argv)], check)

    def _build(self):
        places = ["lan", "lb1", "lb2", "client", *self.backends]
        for place in places:
            _run(["ip", "netns", "add", self.ns(place)])
            self.ip(place, "link", "set", "lo", "up")
            self._tune(place)
        # A MAC address of its own: with that of one of its ports 192.0.2.1 would fall silent when the port goes.
        self.ip("lan", "link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge", "forward_delay", "0", "stp_state", "0",
                "mcast_snooping", "0")
        for family in ("iptables", "ip6tables", "arptables"):  # a switch has no firewall; absent without its module
            self.run("lan", "sysctl", "-qw", f"net.bridge.bridge-nf-call-{family}=0", check=False)
        self.ip("lan", "addr", "add", "192.0.2.1/24", "dev", "br0")
        self.ip("lan", "link", "set", "br0", "up")
        hosts = {"lb1": 11, "lb2": 12, "client": 10}
        hosts.update({name: 21 + i for i, name in enumerate(self.backends)})
        for place, host in hosts.items():
            self.ip("lan", "link", "add", place, "type", "veth", "peer", "name", "eth0", "netns", self.ns(place))
            self.ip("lan", "link", "set", place, "master", "br0", "up")
            self.ip(place, "addr", "add", f"192.0.2.{host}/24", "dev", "eth0")
            self.ip(place, "link", "set", "eth0", "up")
        base, count = CLIENT_SOURCES
        first = int(base.rsplit(".", 1)[1])
        for host in range(first, first + count):
            self.ip("client", "addr", "add", f"192.0.2.{host}/32", "dev", "eth0")
        self.ip("lb1", "link", "add", "sync0", "type", "veth", "peer", "name", "sync0", "netns", self.ns("lb2"))
        for place, host in (("lb1", 1), ("lb2", 2)):
            self.ip(place, "addr", "add", f"198.51.100.{host}/24", "dev", "sync0")
            self.ip(place, "link", "set", "sync0", "up")
        wait_for(lambda: all(port.get("state") == "forwarding" for port in self._ports()), 5, "the bridge to forward")

    def reconnect(self, place):
        """A load balancer whose machine died gets a fresh network: nothing of the former one's kernel is left."""
        host = {"lb1": 1, "lb2": 2}[place]
        other = "lb2" if place == "lb1" else "lb1"
        _run(["ip", "netns", "del", self.ns(place)])
        _run(["ip", "netns", "add", self.ns(place)])
        self.ip(place, "link", "set", "lo", "up")
        self._tune(place)
        self.ip("lan", "link", "add", place, "type", "veth", "peer", "name", "eth0", "netns", self.ns(place))
        self.ip("lan", "link", "set", place, "master", "br0", "up")
        self.ip(place, "addr", "add", f"192.0.2.{10 + host}/24", "dev", "eth0")
        self.ip(place, "link", "set", "eth0", "up")
        self.ip(place, "link", "add", "sync0", "type", "veth", "peer", "name", "sync0", "netns", self.ns(other))
        for end, number in ((place, host), (other, 3 - host)):
            self.ip(end, "addr", "add", f"198.51.100.{number}/24", "dev", "sync0")
            self.ip(end, "link", "set", "sync0", "up")

    def _ports(self):
        return json.loads(self.run("lan", "bridge", "-j", "link").stdout)

    def _tune(self, place):
        """Equal TCP for everybody, ports enough for a new connection every millisecond."""
        for control in ("cubic", "reno"):  # the host may restrict what a namespace can choose
            if self.run(place, "sysctl", "-qw", f"net.ipv4.tcp_congestion_control={control}", check=False).returncode == 0:
                break
        for setting in ("ip_local_port_range=10000 65000", "tcp_tw_reuse=1"):
            self.run(place, "sysctl", "-qw", "net.ipv4." + setting)

    @contextlib.contextmanager
    def inside(self, place):
        """Sockets made in this block belong to the namespace, also after it."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.ns(place)}") as there:
            if libc.setns(there.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(home.fileno(), 0x40000000)

    def connect(self, place, address, port, timeout=5.0):
        """A TCP connection from a namespace."""
        with self.inside(place):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(timeout)
        made.connect((address, port))
        return made

    def addresses(self, place):
        """The IPv4 addresses that the namespace's kernel really answers for. Those that are kept on the loopback
        interface for the connections of a former owner are not among them: nobody hears of them by ARP."""
        links = json.loads(self.ip(place, "-j", "-4", "addr").stdout)
        return {a["local"] for link in links if link["ifname"] != "lo" for a in link.get("addr_info", [])}

    # ---- processes -------------------------------------------------------------------------

    def start(self, place, name, argv, **popen):
        process = Process(self, place, name, argv, self.directory / f"{place}-{name}.log", **popen)
        self.processes.append(process)
        return process

    def start_backends(self):
        for place in self.backends:
            self.start(place, "backend", [binaries() / "tandem-demo-backend", "--name", place, "--port", 8080,
                                          "--tcp-port", 5432])
        for i, place in enumerate(self.backends):
            wait_for(lambda: "ready" in (self.directory / f"{place}-backend.log").read_text(), 5, f"{place} to start")

    def probe(self, *arguments, place="client"):
        return Probe(self, place, list(map(str, arguments)))

    def pids(self, place, *names):
        """Processes in a namespace, by their name; all without names."""
        found = []
        for word in _run(["ip", "netns", "pids", self.ns(place)]).stdout.split():
            try:
                comm = Path(f"/proc/{word}/comm").read_text().strip()
            except OSError:
                continue  # it has just ended
            if not names or comm in names:
                found.append(int(word))
        return sorted(found)

    # ---- faults ----------------------------------------------------------------------------

    def link(self, place, device, up):
        self.ip(place, "link", "set", device, "up" if up else "down")

    def isolate(self, place, isolated=True):
        """A silent black hole: carrier stays up, no frame passes the bridge's port."""
        self.run("lan", "bridge", "link", "set", "dev", place, "state", 0 if isolated else 3)

    def filter_switch(self, rule):
        """The switch passes no frame on that an nftables rule names, e.g. 'ether daddr 00:00:5e:00:01:33'."""
        self.run("lan", "nft", "add table bridge fault; add chain bridge fault passing "
                               "{ type filter hook forward priority 0; }; add rule bridge fault passing " + rule + " drop")

    def heal_switch(self):
        self.run("lan", "nft", "delete", "table", "bridge", "fault")

    def drop(self, place, rule):
        """Drops what an nftables rule names, e.g. 'ip protocol vrrp' on input of a place."""
        self.run(place, "nft", "add table inet fault; add chain inet fault in "
                               "{ type filter hook input priority 0; }; add rule inet fault in " + rule + " drop")

    def heal(self, place):
        self.run(place, "nft", "delete", "table", "inet", "fault", check=False)


def remove(prefix):
    """Ends every process in the namespaces of a lab, and removes them."""
    names = [line.split()[0] for line in _run(["ip", "netns", "list"]).stdout.splitlines() if line.strip()]
    names = [name for name in names if re.fullmatch(re.escape(prefix) + r"-[a-z0-9]+", name)]
    for name in names:
        for word in _run(["ip", "netns", "pids", name], check=False).stdout.split():
            try:
                os.kill(int(word), signal.SIGKILL)
            except OSError:
                pass
    for name in names:
        _run(["ip", "netns", "del", name], check=False)


def sweep():
    """Removes labs whose script was killed before it could clean up."""
    for line in _run(["ip", "netns", "list"], check=False).stdout.splitlines():
        found = re.match(r"(tdm(\d+))-", line)
        if found and not Path(f"/proc/{found.group(2)}").exists():
            remove(found.group(1))
