#!/usr/bin/env python3
"""Two systemd hosts, one package: installed, set up, restarted, killed, upgraded, removed, with traffic all the time.

TANDEM_DEBS names a directory with tandem-lb_0.1.0-1_*.deb and tandem-lb_0.2.0-1_*.deb; without it ./package builds both.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import traceback
from ipaddress import ip_address
from pathlib import Path

from hosts import Host, base_root, skip_if_impossible, wait_for  # first: it makes netlab and checks known
import checks as harness
from netlab import CLIENT_SOURCES, ROOT, Lab, skip_without_root

VIPS = {"vip-1": "192.0.2.100", "vip-2": "192.0.2.101"}
PREFERRED = {"vip-1": "lb1", "vip-2": "lb2"}
UNITS = ("tandem-syncd", "tandem-lbd", "tandem-vrrpd")
DAEMONS = ("lbd", "vrrpd", "syncd")
RIGHTS = {"/run/tandem": "root:tandem-daemons 1775", "/var/log/tandem": "tandem-lbd:tandem 750",
          "/var/lib/tandem/vrrpd": "tandem-vrrpd:tandem 700", "/etc/tandem/tandem.json": "root:root 644"}
RELOADED = {"tandem-lbd": "generation", "tandem-vrrpd": "configuration loaded again", "tandem-syncd": "reloaded: "}
# The bound of a planned move. The product's own is shorter (doc/FAILOVER.md, Targets), but two booted systemds on one machine
# have gaps of 20 ms by themselves: that long was the one beside a restart of syncd, which moves no address.
PLANNED_MS = 20
KILLED_MS = 400   # of a machine's death, with adverts every 100 ms
RESTORED_MS = 100  # until an address that somebody removed is served again
RATE = 200
STICKY_CLIENTS = [str(ip_address(CLIENT_SOURCES[0]) + i) for i in range(12)]


def packages():
    """(the package, the same of a higher version)"""
    directory = os.environ.get("TANDEM_DEBS")
    found = []
    for version in ("0.1.0", "0.2.0"):
        if directory is None:
            built = subprocess.run([ROOT / "package", "deb", "--version", version], capture_output=True, text=True)
            if built.returncode != 0:
                raise AssertionError(f"./package deb failed: {built.stderr[-2000:]}")
        place = Path(directory or ROOT / "build/package")
        found.append(next(place.glob(f"tandem-lb_{version}-1_*.deb")))
    return found


def documented_init():
    """The words of the `lbctl init` in README.md, which are meant for a LAN like the lab's."""
    readme = (ROOT / "README.md").read_text().replace("\\\n", " ")
    return shlex.split(re.search(r"^ +(lbctl init --node .*)$", readme, re.MULTILINE).group(1))


class Booted:
    def __init__(self, checks, lab, hosts, debs):
        self.checks, self.lab, self.debs = checks, lab, debs
        self.hosts = {host.name: host for host in hosts}

    def owners(self, vip):
        return [name for name in self.hosts if VIPS[vip] in self.lab.addresses(name)]

    def settled(self):
        return all(self.owners(vip) == [PREFERRED[vip]] for vip in VIPS) and all(
            '"in_sync": true' in host.run("lbctl", "status", "--json", check=False).stdout
            for host in self.hosts.values())

    def backends_of_clients(self):
        """Which backend each of the sticky clients meets, through the address that prefers lb1."""
        met = {}
        for client in STICKY_CLIENTS:
            head = self.lab.run("client", "curl", "--silent", "--show-error", "--max-time", "5", "--interface", client,
                                "--dump-header", "-", "--output", "/dev/null", f"http://{VIPS['vip-1']}/").stdout
            met[client] = re.search(r"^x-backend: *(\S+)", head, re.IGNORECASE | re.MULTILINE).group(1)
        return met

    def clients_moved(self):
        now = self.backends_of_clients()
        return [client for client, backend in self.sticky.items() if now[client] != backend]

    def settle(self, what):
        wait_for(self.settled, 40, f"{what}: both in sync, each address on its preferred node", 0.2)

    def under_load(self, what, action, seconds, lost_vip=None, limit=PLANNED_MS):
        """Runs action() while clients ask both addresses; nothing may fail but on `lost_vip`, within `limit` ms."""
        probes = {vip: self.lab.probe("--target", f"{address}:80", "--mode", "new", "--rate", RATE, "--duration",
                                      f"{seconds}s") for vip, address in VIPS.items()}
        time.sleep(1)  # a second of calm, so that there is a before
        when = time.monotonic_ns()
        action()
        self.checks.at_most(f"{what}: seconds of it, all under load", (time.monotonic_ns() - when) / 1e9, seconds - 1, "s")
        for vip, probe in probes.items():
            report = probe.result()
            stream, late = report["streams"]["new"], report["probe_late_ms"]
            gap = stream["longest_gap"]["ms"]
            between = (stream["longest_gap"]["from_ns"], stream["longest_gap"]["to_ns"])
            label = f"{what}: {vip}"
            self.checks.figure(f"{label}: the probe was late by", late, "ms")
            self.checks.true(f"{label}: service is there at the end", not stream["longest_gap"]["open"])
            if vip == lost_vip:
                before, _, after = harness.failures_around(stream, when, limit + late + 1000)
                self.checks.at_most(f"{label}: longest gap", gap, limit + late, "ms", between)
                self.checks.equal(f"{label}: failures not due to it", before + after, 0)
            else:
                self.checks.equal(f"{label}: failed requests", stream["failed"], 0)
                self.checks.at_most(f"{label}: longest gap", gap, PLANNED_MS + late, "ms", between)


def everything_on_disk(host):
    """Files, users, groups, processes and addresses, without what any use of apt and systemd changes."""
    files = host.sh("find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /root -o "
                    "-path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o "
                    "-path /var/lib/systemd -o -path /run \\) -prune -o -print; find /run -name '*tandem*'")
    names = {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/subuid-", "/etc/subgid-",
             "/etc/.pwd.lock", "/etc/ld.so.cache"}
    # A reboot gives logind another private directory, and the interfaces other MAC addresses.
    shown = {f"file {line}" for line in files.splitlines()
             if line not in names and not re.search(r"systemd-private-\w+-systemd-logind", line)}
    for database in ("passwd", "group"):
        shown |= {f"{database} {line.split(':')[0]}" for line in host.sh(f"getent {database}").splitlines()}
    shown |= {f"address {word}" for word in host.sh("ip -o addr | awk '{print $2, $4}'").splitlines()
              if " fe80:" not in word}
    shown |= {f"process of {word}" for word in host.sh("ps -eo user=").split() if "tandem" in word}
    shown |= {f"record {line}" for line in host.sh("find /var/log /var/lib/systemd -name '*tandem*'").splitlines()}
    return shown | kernel_state(host)


def kernel_state(host):
    """What vrrpd changes of the kernel: settings, queueing disciplines and filters."""
    shown = {f"sysctl {line}" for line in host.sh("sysctl -a --pattern '^net[.]ipv' 2>/dev/null; true").splitlines()}
    shown |= {f"qdisc {line}" for line in host.sh("tc qdisc show | sed 's/ refcnt [0-9]*//'").splitlines()}
    for link in host.sh("ip -o link").splitlines():
        device = link.split(": ")[1].split("@")[0]
        for direction in ("ingress", "egress"):
            filters = host.sh(f"tc filter show dev {device} {direction}").splitlines()
            shown |= {f"filter {device} {direction} {line}" for line in filters}
    return shown


def install_and_configure(t):
    lb1, lb2 = t.hosts["lb1"], t.hosts["lb2"]
    for host in t.hosts.values():
        host.put(t.debs[0], "/root/tandem-lb.deb")
        host.run("apt-get", "install", "-y", "/root/tandem-lb.deb")
        t.checks.equal(f"{host.name}: nothing runs before it is configured", host.pids(*DAEMONS), [])
    lb1.run(*documented_init())  # replaces the packaged example by itself
    lb1.sh("sed -i 's/\"algorithm\": \"p2c\",/& \"sticky\": { \"type\": \"source\" },/' /etc/tandem/tandem.json && "
           "grep -q sticky.*source /etc/tandem/tandem.json")
    copied, both_doctors = 0, None
    for command in json.loads(lb1.run("lbctl", "init", "--join", "--json").stdout)["commands"]:
        words = shlex.split(command)
        if words[0] == "scp":
            lb2.sh(f"cat > {words[-1].split(':', 1)[1]}", text_input=lb1.sh(f"cat {words[-2]}"))
            copied += 1
        elif words[0] == "ssh" and "|" in words:
            both_doctors = words
        elif words[0] == "ssh":
            lb2.sh(words[2])
        elif words[0] == "systemctl":
            lb1.sh(command)
    t.checks.equal("files copied to the peer as `lbctl init --join` says", copied, 2)
    t.settle("started")
    pipe = both_doctors.index("|")
    report = lb2.sh(both_doctors[2], check=False)
    verdict = lb1.run(*both_doctors[pipe + 1:], check=False, text_input=report)
    t.checks.equal("the doctor finds nothing that fails, on both hosts", (verdict.returncode, [
        line for line in verdict.stdout.splitlines() if line.startswith("fail")]), (0, []))
    t.checks.true("and has compared them", "lb2 has the same configuration" in verdict.stdout, verdict.stdout[-300:])
    key = lb2.run("stat", "-c", "%U:%G %a", "/etc/tandem/cluster.key").stdout.strip()
    t.checks.equal("the key belongs to the daemons alone", key, "root:tandem-daemons 640")


def privileges(t):
    host = t.hosts["lb1"]
    users = {host.run("ps", "-o", "user:32=", "-C", daemon).stdout.split()[0] for daemon in DAEMONS}
    t.checks.equal("users of the daemons", sorted(users), [f"tandem-{daemon}" for daemon in sorted(DAEMONS)])
    host.sh("useradd --create-home --groups tandem op; useradd --create-home stranger")
    look = host.run("runuser", "-u", "op", "--", "lbctl", "status", check=False)
    t.checks.equal("group tandem: lbctl status", look.returncode, 0)
    change = host.run("runuser", "-u", "op", "--", "lbctl", "failover", "vip-1", check=False)
    t.checks.true("group tandem: changing is refused, with what to do",
                  change.returncode != 0 and "sudo lbctl failover vip-1" in change.stderr, change.stderr.strip())
    outside = host.run("runuser", "-u", "stranger", "--", "lbctl", "status", check=False)
    t.checks.true("anybody else: refused", outside.returncode != 0)
    refused = host.run("lbctl", "metrics", "vrrpd").stdout
    t.checks.true("the refusal is counted", "tandem_vrrp_control_refused_total 1" in refused)
    feed = host.sh("stat -c %G /run/tandem/syncd-feed.sock").strip()
    t.checks.equal("the feed is the daemons' own", feed, "tandem-daemons")
    for name, most in (("tandem-lbd", 2.5), ("tandem-syncd", 2.5), ("tandem-vrrpd", 3.5)):
        verdict = host.run("systemd-analyze", "security", "--no-pager", name).stdout
        t.checks.at_most(f"exposure of {name}", float(re.search(r"level for \S+: ([0-9.]+)", verdict)[1]), most)
    for unit in UNITS:
        said = journal(host, unit)
        t.checks.true(f"the journal of {unit} has levels", {e.get("PRIORITY") for e in said} >= {"6"} and not any(
            str(e.get("MESSAGE")).startswith(("<", "20")) for e in said))
    lacking = [e["MESSAGE"] for e in journal(host, "tandem-vrrpd") if "CAP_" in str(e.get("MESSAGE"))]
    t.checks.equal("vrrpd lacks no privilege", lacking, [])
    for path, rights in RIGHTS.items():
        t.checks.equal(f"owner, group and mode of {path}", host.run("stat", "-c", "%U:%G %a", path).stdout.strip(), rights)


def journal(host, unit):
    return [json.loads(line) for line in host.run("journalctl", "-o", "json", "-u", unit).stdout.splitlines()]


def restarts(t):
    host = t.hosts["lb1"]
    for unit in UNITS:
        t.under_load(f"restart {unit}", lambda: host.run("systemctl", "restart", unit), 8,
                     None if unit == "tandem-syncd" else "vip-1")
        t.settle(unit)


def said_since(host, unit, count):
    """What its journal has beside the first `count` entries: (level, text)."""
    return [(int(e.get("PRIORITY", 6)), str(e.get("MESSAGE"))) for e in journal(host, unit)[count:]]


def reload(t):
    """The documented `systemctl reload` of all three: nobody restarts, all have read the file, a bad one is refused aloud."""
    host = t.hosts["lb1"]

    def all_say(counts, wanted):
        return all(any(wanted(unit, *entry) for entry in said_since(host, unit, counts[unit])) for unit in UNITS)
    before = {unit: host.show(unit, "MainPID") for unit in UNITS}
    counts = {unit: len(journal(host, unit)) for unit in UNITS}
    host.run("systemctl", "reload", *UNITS)
    wait_for(lambda: all_say(counts, lambda unit, _, text: RELOADED[unit] in text), 10, "the reload in all three journals")

    host.sh("cp /etc/tandem/tandem.json /root/good && echo '{ broken' > /etc/tandem/tandem.json")
    counts = {unit: len(journal(host, unit)) for unit in UNITS}
    t.checks.true("a bad configuration makes the reload of lbd fail",
                  host.run("systemctl", "reload", "tandem-lbd", check=False).returncode != 0)
    host.run("systemctl", "reload", "tandem-vrrpd", "tandem-syncd")  # SIGHUP brings no answer
    wait_for(lambda: all_say(counts, lambda _, level, text: level <= 4 and "reload" in text), 10,
             "three refusals in the journals, as errors")
    refused = host.run("lbctl", "reload", check=False)
    t.checks.true("lbctl reload says where the mistake is",
                  refused.returncode == 2 and "tandem.json:1:" in refused.stdout + refused.stderr, refused.stdout + refused.stderr)
    host.sh("cat /root/good > /etc/tandem/tandem.json")
    t.checks.equal("what ran runs on", {unit: host.show(unit, "MainPID") for unit in UNITS}, before)
    t.settle("reload")


def watchdog(t):
    host = t.hosts["lb1"]
    daemon = host.pids("vrrpd")[-1]
    os.kill(daemon, signal.SIGSTOP)  # the guard, its parent, lives
    wait_for(lambda: host.show("tandem-vrrpd", "NRestarts") == "1", 20, "the watchdog to restart a frozen vrrpd", 0.2)
    t.settle("watchdog")


def kill_without_restart(t):
    """Guard and daemon die at once, and nobody starts them again: what is left is what ExecStopPost leaves.

    By their pids: `systemctl kill` of systemd 254 and later writes to cgroup.kill, and some kernels (seen with 6.18) then
    kill whatever is started in that control group, ExecStopPost too. What remains in that case is the lifetime of the
    addresses in the kernel, 3 s; tests/integration/vrrpd shows it."""
    host = t.hosts["lb1"]
    drop_in = "/run/systemd/system/tandem-vrrpd.service.d"
    host.sh(f"mkdir -p {drop_in} && printf '[Service]\\nRestart=no\\n' > {drop_in}/stay.conf && systemctl daemon-reload")
    for number in (signal.SIGSTOP, signal.SIGKILL):  # neither lives to see the other's end
        for pid in host.pids("vrrpd"):
            os.kill(pid, number)
    wait_for(lambda: host.show("tandem-vrrpd", "ActiveState") == "failed", 10, "vrrpd to have failed", 0.2)
    shown = host.sh("ip -o addr; tc qdisc show; tc filter show dev eth0 ingress; tc filter show dev eth0 egress")
    t.checks.equal("after kill -9 of vrrpd and its guard: addresses and programs that stay",
                   [word for word in (*VIPS.values(), "clsact", "lease", "relay") if word in shown], [])
    host.sh(f"rm -r {drop_in} && systemctl daemon-reload && systemctl reset-failed tandem-vrrpd")
    host.run("systemctl", "start", "tandem-vrrpd")
    t.settle("after kill -9")


def network_manager(t):
    """systemd-networkd has the LAN: when it starts anew it must leave the floating address alone, and when it configures the
    interface anew it removes all that it finds there, the node's own address too. Neither may be felt for long."""
    host = t.hosts["lb1"]
    lan = "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.11/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    host.sh("cat > /etc/systemd/network/lan.network", text_input=lan)
    host.sh("ip addr del 192.0.2.11/24 dev eth0; systemctl restart systemd-networkd")
    t.settle("the LAN is systemd-networkd's")
    for command in ("systemctl restart systemd-networkd", "networkctl reconfigure eth0"):
        t.under_load(command, lambda: host.run(*command.split()), 4, "vip-1", RESTORED_MS)
        t.settle(command)
    host.sh("systemctl stop systemd-networkd.socket systemd-networkd; rm /etc/systemd/network/lan.network")


def machine_death(t):
    host = t.hosts["lb1"]
    t.sticky = t.backends_of_clients()
    t.checks.equal("the sticky clients meet both backends", set(t.sticky.values()), {"b1", "b2"})
    t.under_load("machine killed", host.power_cut, 6, "vip-1", KILLED_MS)
    t.lab.reconnect("lb1")
    host.power_on()
    host.booted()
    t.settle("the killed machine is back by itself")
    t.checks.equal("sticky clients that the machine's death moved", t.clients_moved(), [])


def upgrade(t):
    host = t.hosts["lb1"]
    host.put(t.debs[1], "/root/tandem-lb-next.deb")

    def install_and_return():
        host.run("apt-get", "install", "-y", "/root/tandem-lb-next.deb")
        t.settle("upgraded")
    t.under_load("upgrade", install_and_return, 30, "vip-1")
    versions = set(re.findall(r"\b0\.\d\.0\b", host.run("lbctl", "status").stdout))
    t.checks.equal("every daemon runs the new version", versions, {"0.2.0"})
    t.checks.equal("sticky clients that the upgrade moved", t.clients_moved(), [])


def remove_and_purge(t, before):
    host = t.hosts["lb1"]
    changed = "\n".join(kernel_state(host) - before)
    t.checks.true("what a running vrrpd changes of the kernel is seen", all(
        word in changed for word in ("eth0.arp_ignore = 1", "qdisc clsact", "lease_egress")), changed)
    t.under_load("remove", lambda: host.run("apt-get", "remove", "-y", "tandem-lb"), 20, "vip-1")
    t.checks.equal("nothing runs after remove", host.pids(*DAEMONS), [])
    t.checks.equal("both addresses are on the peer", [t.owners(vip) for vip in VIPS], [["lb2"], ["lb2"]])
    host.run("apt-get", "purge", "-y", "tandem-lb")
    host.sh("userdel --remove op; userdel --remove stranger")
    left = sorted(everything_on_disk(host) - before)
    t.checks.equal("left behind after purge", left, [])


def body(checks, lab, debs):
    base = base_root(debs[0])
    hosts = [Host(lab, name, base) for name in ("lb1", "lb2")]
    t = Booted(checks, lab, hosts, debs)
    try:
        for host in hosts:
            host.power_on()
        for host in hosts:
            checks.equal(f"{host.name} boots", host.booted(), "running")
        before = everything_on_disk(t.hosts["lb1"])
        for step in (install_and_configure, privileges, restarts, reload, watchdog, kill_without_restart, network_manager,
                     machine_death, upgrade):
            began = time.monotonic()
            step(t)
            checks.figure(f"-- {step.__name__}", time.monotonic() - began, "s")
        remove_and_purge(t, before)
    except Exception:  # a script's own failure is a failure of the test, with what the hosts say
        traceback.print_exc()
        checks.failed += 1
    finally:
        for host in hosts:
            if checks.failed and host.init is not None:
                said = host.run("journalctl", "--no-pager", "-n", "60", check=False).stdout
                print(f"-- journal of {host.name}\n{said}", flush=True)
            host.close()


def main():
    skip_without_root()
    skip_if_impossible()
    debs = packages()
    with Lab(backends=2) as lab:
        checks = harness.Checks("two booted hosts", lab.stalls)
        lab.start_backends()
        body(checks, lab, debs)
    print(f"== two booted hosts: {'passed' if not checks.failed else str(checks.failed) + ' FAILED'}", flush=True)
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
