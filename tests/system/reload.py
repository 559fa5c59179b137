#!/usr/bin/env python3
"""Reload under load cuts nothing; a bad file changes nothing; drain and enable reach the peer."""

import copy
import json
import signal
import time

import checks as harness
from netlab import wait_for
from pair import VIPS, WEB

RATE = 500
RELOADS = 10


def generation(pair, node):
    return pair.get(node, "lbd")["config"]["generation"]


def change(pair, number):
    """A change of weights, and a listener that comes and goes."""
    config = copy.deepcopy(pair.config)
    for group in config["target_groups"]:
        group["backends"][0]["weight"] = 2 + number % 3
    if number % 2:
        config["listeners"].append({"name": "extra", "protocol": "http", "address": "*", "port": 8090,
                                    "default_target_group": "web"})
    pair.config_file.write_text(json.dumps(config, indent=2))


def reload_many_times(checks, lab, pair):
    load = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--mode", "both", "--rate", RATE, "--duration", "8s",
                     "--sticky-clients", 20)
    time.sleep(1)
    for number in range(RELOADS):
        before = generation(pair, "lb1")
        change(pair, number)
        if number % 2:
            pair.daemons["lb1", "lbd"].signal(signal.SIGHUP)
        else:
            pair.lbctl("lb1", "reload")
        wait_for(lambda: generation(pair, "lb1") > before, 5, "the new configuration to run")
        time.sleep(0.3)
    report = load.result()
    for name in ("new", "keepalive", "sticky"):
        stream = report["streams"][name]
        checks.equal(f"{RELOADS} reloads: failed, {name} ({stream['requests']} requests)", stream["failed"], 0)
    harness.sticky_figures(checks, f"{RELOADS} reloads", report)


def refuse_a_bad_file(checks, pair):
    before = generation(pair, "lb1")
    pair.config_file.write_text('{ "version": 1, "listners": [] }')
    done = pair.lbctl("lb1", "reload", check=False)
    checks.true("a bad file is refused", done.returncode != 0, done.stderr.strip().splitlines()[0] if done.stderr.strip() else "")
    checks.true("the message names the place", "tandem.json:1:" in done.stderr + done.stdout)
    checks.equal("configuration generation unchanged", generation(pair, "lb1"), before)
    pair.write(pair.config)


def drain_and_enable(checks, lab, pair):
    pair.lbctl("lb1", "drain", "web/b1")
    wait_for(lambda: pair.backend_admin("lb2", "web", "b1") == "drain", 5, "the drain to reach lb2")
    checks.true("drain on lb1 is seen on lb2", True)
    for vip in VIPS:
        report = lab.probe("--target", f"{VIPS[vip]}:{WEB}", "--rate", 200, "--duration", "1s").result()
        checks.equal(f"{vip}: new clients sent to the drained backend", report["backends"].get("b1", 0), 0)
        checks.equal(f"{vip}: failed", report["streams"]["new"]["failed"], 0)
    pair.lbctl("lb2", "enable", "web/b1")
    wait_for(lambda: pair.backend_admin("lb1", "web", "b1") == "enabled", 5, "the enable to reach lb1")
    report = lab.probe("--target", f"{VIPS['vip-a']}:{WEB}", "--rate", 200, "--duration", "1s").result()
    checks.at_least("after enable: requests to it again", report["backends"].get("b1", 0), 1)


def body(checks, lab, pair):
    reload_many_times(checks, lab, pair)
    refuse_a_bad_file(checks, pair)
    drain_and_enable(checks, lab, pair)


if __name__ == "__main__":
    harness.run("reload and drain under load", body)
