"""A Tandem pair in a lab: its configuration, its six daemons, and their control sockets.

Listeners on both nodes: 80 http (sticky cookie), 8081 http (sticky source), 5432 tcp.
vip-a (192.0.2.100) prefers lb1, vip-b (192.0.2.101) prefers lb2.
"""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess

from netlab import DAEMONS, binaries, now_ns, wait_for

NODES = ("lb1", "lb2")
VIPS = {"vip-a": "192.0.2.100", "vip-b": "192.0.2.101"}
PREFERRED = {"vip-a": "lb1", "vip-b": "lb2"}
WEB, SOURCE, TCP = 80, 8081, 5432


class ControlError(Exception):
    """The daemon answered with an error; .status and .body say which."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def control(run_dir, daemon, method, path, body=None, timeout=5.0):
    """One call of a daemon's control socket; OSError when it does not run."""
    connection = _UnixConnection(run_dir / f"{daemon}.sock", timeout)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        reply = connection.getresponse()
        text = reply.read().decode(errors="replace")
        if reply.status != 200:
            raise ControlError(reply.status, text)
        return json.loads(text) if reply.getheader("Content-Type", "").startswith("application/json") else text
    except http.client.HTTPException as error:
        raise OSError(f"{daemon}: {error!r}") from error
    finally:
        connection.close()


def backends_of(lab, port):
    return [{"name": name, "address": f"192.0.2.{21 + i}:{port}"} for i, name in enumerate(lab.backends)]


def configuration(lab, advert_interval="100ms", preempt_delay="1s"):
    """The pair's configuration as a value; tests change it before they write it."""
    check = {"type": "http", "path": "/ready", "interval": "500ms", "timeout": "400ms",
             "unhealthy_threshold": 3, "healthy_threshold": 1}
    return {
        "version": 1,
        "workers": 1,
        "cluster": {
            "name": lab.prefix,
            "nodes": [{"name": node, "address": f"192.0.2.{11 + i}", "sync_address": f"198.51.100.{1 + i}"}
                      for i, node in enumerate(NODES)],
            "sync": {"port": 5405, "key_file": str(lab.directory / "cluster.key")},
        },
        "virtual_addresses": [
            {"name": name, "addresses": [address + "/24"], "interface": "eth0", "vrid": 51 + i,
             "preferred_node": PREFERRED[name], "advert_interval": advert_interval, "preempt": True,
             "preempt_delay": preempt_delay}
            for i, (name, address) in enumerate(VIPS.items())],
        "listeners": [
            {"name": "web", "protocol": "http", "address": "*", "port": WEB, "default_target_group": "web"},
            {"name": "api", "protocol": "http", "address": "*", "port": SOURCE, "default_target_group": "api"},
            {"name": "db", "protocol": "tcp", "address": "*", "port": TCP, "default_target_group": "db"},
        ],
        "target_groups": [
            {"name": "web", "protocol": "http", "backends": backends_of(lab, 8080), "health_check": check,
             "sticky": {"type": "cookie", "name": "TANDEM", "ttl": "1h"}},
            {"name": "api", "protocol": "http", "backends": backends_of(lab, 8080), "health_check": check,
             "sticky": {"type": "source", "ttl": "1h"}},
            {"name": "db", "protocol": "tcp", "algorithm": "round_robin", "backends": backends_of(lab, 5432),
             "health_check": {"type": "tcp", "interval": "500ms", "timeout": "400ms", "healthy_threshold": 1}},
        ],
    }


class Pair:
    def __init__(self, lab, config=None):
        self.lab = lab
        self.config_file = lab.directory / "tandem.json"
        self.write(config or configuration(lab))
        key = lab.directory / "cluster.key"
        key.write_text(secrets.token_hex(32) + "\n")
        key.chmod(0o600)
        for node in NODES:
            self.run_dir(node).mkdir(exist_ok=True)
        self.daemons = {}

    def write(self, config):
        self.config = config
        self.config_file.write_text(json.dumps(config, indent=2) + "\n")

    def run_dir(self, node):
        return self.lab.directory / f"run-{node}"

    # ---- daemons ---------------------------------------------------------------------------

    def start_daemon(self, node, daemon):
        argv = [binaries() / daemon, "--config", self.config_file, "--node", node, "--run-dir", self.run_dir(node)]
        if os.environ.get("TANDEM_LOG_LEVEL"):
            argv += ["--log-level", os.environ["TANDEM_LOG_LEVEL"]]
        self.daemons[node, daemon] = self.lab.start(node, daemon, argv)

    def start_node(self, node):
        for daemon in ("syncd", "lbd", "vrrpd"):
            self.start_daemon(node, daemon)

    def start(self):
        """Starts both nodes and waits until each owns its preferred address and is in sync."""
        for node in NODES:
            self.start_node(node)
        wait_for(self._started, 20, "both nodes to be ready, in sync, each with its own address")

    def _started(self):
        for (node, daemon), process in self.daemons.items():
            if not process.alive():
                raise AssertionError(f"{daemon} on {node} ended with code {process.popen.returncode}: {process.text().strip()}")
        return self.settled()

    def settled(self):
        return all(self.ready(node) and self.in_sync(node) for node in NODES) and all(
            self.owners(vip) == [PREFERRED[vip]] for vip in VIPS)

    def pids(self, node, *daemons):
        """Every process of these daemons on a node, vrrpd's guard too; all three without names."""
        return self.lab.pids(node, *(daemons or DAEMONS))

    def kill(self, node, *daemons):
        """kill -9 of every process of these daemons (all three without names) at once; returns when (ns).

        All are stopped before the first is killed: in a node's death nobody sees the others die.
        """
        pids = self.pids(node, *daemons)
        when = now_ns()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                os.kill(pid, number)
        return when

    def kill_pid(self, pid):
        """kill -9 of one of the pair's processes; returns when (ns)."""
        when = now_ns()
        os.kill(pid, signal.SIGKILL)
        return when

    def terminate(self, node, *daemons):
        """SIGTERM to the started processes of these daemons; returns when (ns)."""
        when = now_ns()
        for daemon in daemons or DAEMONS:
            self.daemons[node, daemon].signal(signal.SIGTERM)
        return when

    def wait_ended(self, node, *daemons, deadline=40.0):
        for daemon in daemons or DAEMONS:
            self.daemons[node, daemon].wait(deadline)

    # ---- what they say ---------------------------------------------------------------------

    def get(self, node, daemon, path="/v1/status"):
        return control(self.run_dir(node), daemon, "GET", path)

    def post(self, node, daemon, path, body=None):
        return control(self.run_dir(node), daemon, "POST", path, body if body is not None else {})

    def _ask(self, node, daemon, key):
        try:
            return self.get(node, daemon).get(key)
        except (OSError, ControlError):
            return None

    def ready(self, node):
        return bool(self._ask(node, "lbd", "ready"))

    def in_sync(self, node):
        peer = self._ask(node, "syncd", "peer") or {}
        return bool(self._ask(node, "syncd", "in_sync")) and bool(peer.get("connected"))

    def table_entries(self, node):
        """{table: live entries} of the node's replica."""
        return {t["name"]: t["entries"] for t in self.get(node, "syncd")["tables"]}

    def backend_admin(self, node, group, backend):
        groups = {g["name"]: g for g in self.get(node, "lbd")["target_groups"]}
        return {b["name"]: b["admin"] for b in groups[group]["backends"]}[backend]

    def owners(self, vip):
        """The nodes whose kernel has the address, whatever the daemons say."""
        return [node for node in NODES if VIPS[vip] in self.lab.addresses(node)]

    def lbctl(self, node, *words, check=True):
        done = self.lab.run(node, binaries() / "lbctl", "--run-dir", self.run_dir(node), *words, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"lbctl {' '.join(words)} on {node} exits {done.returncode}: {done.stderr or done.stdout}")
        return done

    def logs(self):
        for (node, daemon), process in self.daemons.items():
            yield f"{node} {daemon}", process.text()
