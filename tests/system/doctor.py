#!/usr/bin/env python3
"""lbctl doctor finds traps that are really set, says nothing about a good pair, and changes nothing."""

import copy
import json
import secrets
import shutil
import subprocess

import checks as harness
from netlab import binaries, wait_for
from pair import NODES, VIPS

LBCTL = binaries() / "lbctl"


def examine(lab, pair, node, *more, text=None, config=None):
    """What doctor says on a node: exit code, whole JSON, {check: worst verdict}."""
    argv = ["ip", "netns", "exec", lab.ns(node), LBCTL, "--config", config or pair.config_file, "--run-dir", pair.run_dir(node), "doctor",
            "--json", *more]
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, input=text, timeout=60)
    report = json.loads(done.stdout)
    order = ["ok", "warn", "fail"]
    verdicts = {}
    for finding in report.get("findings", []):
        before = verdicts.get(finding["check"], "ok")
        verdicts[finding["check"]] = max(before, finding["verdict"], key=order.index)
    return done.returncode, report, verdicts


def state_of(lab, node):
    """What doctor must not touch, without what changes by itself."""
    links = json.loads(lab.ip(node, "-j", "-4", "addr").stdout)
    addresses = [(link["ifname"], link["mtu"], link["flags"], [a["local"] for a in link["addr_info"]])
                 for link in links if link["ifname"] != "lo"]
    return (addresses, lab.run(node, "sysctl", "-a", "--pattern", r"net\.ipv4\.conf").stdout,
            lab.run(node, "nft", "list", "ruleset").stdout, lab.ip(node, "route").stdout)


def complaints(report):
    return "; ".join(f["check"] + ": " + f["what"] for f in report["findings"] if f["verdict"] == "fail")


def address(pair, node, name):
    """What vrrpd says of an address; nothing while a reload starts it anew."""
    return next((a for a in pair.get(node, "vrrpd")["virtual_addresses"] if a["name"] == name), {})


def a_good_pair(checks, lab, pair):
    before = {node: state_of(lab, node) for node in NODES}
    reports = {}
    for node in NODES:
        code, reports[node], verdicts = examine(lab, pair, node)
        checks.equal(f"a good pair: exit code on {node}", code, 0)
        checks.equal(f"a good pair: failures on {node}", complaints(reports[node]), "")
        for check in ("config", "key", "node", "daemons", "interface", "firewall", "adverts", "duplicate", "sync", "mtu"):
            checks.equal(f"a good pair: {check} on {node}", verdicts.get(check), "ok")
    code, report, verdicts = examine(lab, pair, "lb1", "--peer-status", "-", text=json.dumps(reports["lb2"]))
    checks.equal("both nodes compared: exit code and failures", (code, complaints(report)), (0, ""))
    checks.equal("both nodes compared: verdict", verdicts.get("peer"), "ok")
    for node in NODES:
        for name, was, now in zip(("addresses", "sysctls", "firewall", "routes"), before[node], state_of(lab, node)):
            checks.true(f"doctor changed nothing on {node}: {name}", was == now, "" if was == now else f"{was} -> {now}")
    checks.true("every address is where it was", pair.settled())


def finds(checks, lab, pair, trap, node, check, verdict, *more, text=None):
    """Checks that doctor finds the trap, and returns the finding."""
    code, report, verdicts = examine(lab, pair, node, *more, text=text)
    checks.equal(f"{trap}: {check}", verdicts.get(check), verdict)
    checks.equal(f"{trap}: exit code", code, 1 if any(f["verdict"] == "fail" for f in report["findings"]) else 0)
    finding = next((f for f in report["findings"] if f["check"] == check and f["verdict"] == verdict), None)
    checks.true(f"{trap}: says why and how to repair it", finding and finding["why"] and finding["fix"])
    return finding


def sysctl_traps(checks, lab, pair):
    name = "net.ipv4.conf.eth0."
    lab.run("lb1", "sysctl", "-qw", name + "rp_filter=1")
    finds(checks, lab, pair, "strict rp_filter", "lb1", "rp_filter", "warn")
    lab.run("lb1", "sysctl", "-qw", name + "rp_filter=0")
    was = lab.run("lb1", "sysctl", "-n", name + "arp_ignore").stdout.strip()
    lab.run("lb1", "sysctl", "-qw", name + "arp_ignore=8")
    finds(checks, lab, pair, "arp_ignore 8", "lb1", "arp_ignore", "fail")
    lab.run("lb1", "sysctl", "-qw", name + "arp_ignore=" + was)


def duplicate_address(checks, lab, pair):
    lab.ip("b1", "addr", "add", VIPS["vip-a"] + "/32", "dev", "eth0")
    for node in NODES:
        finds(checks, lab, pair, f"somebody else has vip-a, seen from {node}", node, "duplicate", "fail")
    lab.ip("b1", "addr", "del", VIPS["vip-a"] + "/32", "dev", "eth0")


def duplicate_ipv6_address(checks, lab, pair):
    address = "2001:db8::77/64"
    lab.ip("b1", "addr", "add", address, "dev", "eth0", "nodad")
    lab.ip("lb1", "addr", "add", address, "dev", "eth0")
    wait_for(lambda: "dadfailed" in lab.ip("lb1", "addr", "show", "dev", "eth0").stdout, 5, "the kernel to notice")
    finds(checks, lab, pair, "somebody else has an IPv6 address of this node", "lb1", "duplicate", "fail")
    for place in ("lb1", "b1"):
        lab.ip(place, "addr", "del", address, "dev", "eth0")


def firewall_traps(checks, lab, pair):
    lab.drop("lb2", "tcp dport 5405")
    finds(checks, lab, pair, "a firewall before syncd", "lb2", "firewall", "fail")
    _, report, _ = examine(lab, pair, "lb2")
    finds(checks, lab, pair, "the peer's firewall, seen from here", "lb1", "firewall", "fail", "--peer-status", "-", text=json.dumps(report))
    lab.heal("lb2")
    lab.drop("lb2", "ip protocol vrrp")
    finds(checks, lab, pair, "a firewall that drops VRRP", "lb2", "firewall", "fail")
    lab.heal("lb2")
    for hook, way in (("ingress", "the peer's adverts"), ("egress", "this node's own adverts")):
        lab.run("lb2", "nft", "add table netdev fault; add chain netdev fault traps { type filter hook " + hook +
                              " device eth0 priority 0; }; add rule netdev fault traps ip protocol vrrp drop")
        finding = finds(checks, lab, pair, f"{hook} of the device drops VRRP", "lb2", "firewall", "fail")
        checks.true(f"{hook} of the device drops VRRP: says which adverts", finding and way in finding["what"])
        if finding:
            lab.run("lb2", "sh", "-c", finding["fix"].split("   ")[0])
        _, _, verdicts = examine(lab, pair, "lb2")
        checks.equal(f"{hook} of the device drops VRRP: its fix repairs it", verdicts.get("firewall"), "ok")
        lab.run("lb2", "nft", "delete", "table", "netdev", "fault")
    lab.run("lb2", "nft", "add table inet fault; add chain inet fault out { type filter hook output priority 0; policy drop; }; "
                          "add rule inet fault out ip protocol != vrrp accept")
    finds(checks, lab, pair, "output drops the last word of the guard", "lb2", "firewall", "warn")
    lab.heal("lb2")
    if shutil.which("iptables-legacy") and lab.run("lb2", "iptables-legacy", "-A", "INPUT", "-p", "112", "-j", "DROP",
                                                   check=False).returncode == 0:
        finds(checks, lab, pair, "the old iptables drop VRRP", "lb2", "firewall", "fail")
        lab.run("lb2", "iptables-legacy", "-F", "INPUT")
    wait_for(pair.settled, 20, "the addresses to be where they belong")


def filtered_multicast(checks, lab, pair):
    """A switch that passes unicast only. The sync link says that the owner lives, so that nothing moves."""
    lab.filter_switch("ip daddr 224.0.0.18")
    wait_for(lambda: address(pair, "lb2", "vip-a")["vote"]["held"], 10, "vip-a to be held on lb2")
    finding = finds(checks, lab, pair, "the switch passes no multicast", "lb2", "multicast", "fail")
    checks.true("the switch passes no multicast: the fix", finding and "querier" in finding["fix"] and "unicast" in finding["fix"])
    _, report, _ = examine(lab, pair, "lb2")
    finds(checks, lab, pair, "the switch passes no multicast, seen from the owner", "lb1", "multicast", "fail", "--peer-status", "-",
          text=json.dumps(report))
    lab.heal_switch()
    wait_for(lambda: not address(pair, "lb2", "vip-a")["vote"]["held"] and pair.settled(), 20, "the adverts to be heard again")


def filtered_virtual_mac(checks, lab, pair):
    """A switch that delivers no frame to a virtual MAC address, as MAC filters of hypervisors do."""
    config = copy.deepcopy(pair.config)
    config["virtual_addresses"][0]["virtual_mac"] = True
    pair.write(config)
    for node in NODES:
        pair.post(node, "vrrpd", "/v1/reload")
    wait_for(lambda: all((address(pair, node, "vip-a").get("virtual_mac") or {}).get("in_force") for node in NODES) and pair.settled(),
             20, "the virtual MAC address on both nodes")
    wait_for(lambda: VIPS["vip-a"] not in lab.ip("lb2", "-4", "addr").stdout, 40, "lb2 to have no open connections of vip-a")
    lab.ip("lb2", "neigh", "flush", "dev", "eth0")  # it may have the owner's other MAC address, from before
    _, report, _ = examine(lab, pair, "lb2")
    reached = [f["what"] for f in report["findings"] if f["check"] == "virtual_mac" and f["verdict"] == "ok"]
    checks.true("a virtual MAC address that is not filtered is reached", reached)
    mac = address(pair, "lb2", "vip-a")["virtual_mac"]["address"]
    lab.filter_switch(f"ether daddr {mac}")
    finding = finds(checks, lab, pair, "a filter of virtual MAC addresses", "lb2", "virtual_mac", "fail")
    checks.true("a filter of virtual MAC addresses: names it", finding and mac in finding["what"])
    lab.heal_switch()


def link_traps(checks, lab, pair):
    lab.ip("lb1", "link", "set", "sync0", "mtu", "9000")
    finds(checks, lab, pair, "an MTU that the peer has not", "lb1", "mtu", "fail")
    lab.ip("lb1", "link", "set", "sync0", "mtu", "1500")
    lab.link("lb1", "sync0", False)
    wait_for(lambda: (pair.get("lb2", "syncd")["peer"] or {}).get("path") == "lan", 20, "replication over the LAN")
    finds(checks, lab, pair, "the sync link is down", "lb2", "sync", "warn")
    lab.link("lb1", "sync0", True)
    wait_for(lambda: (pair.get("lb2", "syncd")["peer"] or {}).get("path") == "sync", 30, "the sync link to be used again")


def two_files(checks, lab, pair):
    """The peer has another configuration, with another key."""
    config = copy.deepcopy(pair.config)
    key = lab.directory / "other.key"
    key.write_text(secrets.token_hex(32) + "\n")
    key.chmod(0o600)
    config["cluster"]["sync"]["key_file"] = str(key)
    other = lab.directory / "other.json"
    other.write_text(json.dumps(config))
    _, report, _ = examine(lab, pair, "lb2", config=other)
    finds(checks, lab, pair, "another configuration on the peer", "lb1", "peer", "fail", "--peer-status", "-", text=json.dumps(report))
    finds(checks, lab, pair, "another key on the peer", "lb1", "key", "fail", "--peer-status", "-", text=json.dumps(report))
    key.chmod(0o644)
    code, _, verdicts = examine(lab, pair, "lb2", config=other)
    checks.equal("a key that everybody reads: key", verdicts.get("key"), "fail")


def dead_daemons(checks, lab, pair):
    pair.terminate("lb1", "syncd")
    pair.wait_ended("lb1", "syncd")
    finds(checks, lab, pair, "no syncd here", "lb1", "daemons", "fail")
    finds(checks, lab, pair, "no syncd on the peer", "lb2", "sync", "fail")
    pair.start_daemon("lb1", "syncd")


def body(checks, lab, pair):
    a_good_pair(checks, lab, pair)
    sysctl_traps(checks, lab, pair)
    duplicate_address(checks, lab, pair)
    duplicate_ipv6_address(checks, lab, pair)
    firewall_traps(checks, lab, pair)
    filtered_multicast(checks, lab, pair)
    link_traps(checks, lab, pair)
    two_files(checks, lab, pair)
    filtered_virtual_mac(checks, lab, pair)
    dead_daemons(checks, lab, pair)


if __name__ == "__main__":
    harness.run("lbctl doctor before traps", body)
