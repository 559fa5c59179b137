#!/usr/bin/env python3
"""The rows of the failure matrix that namespaces can make: who owns vip-a, and never two beside each other.

vip-a prefers lb1. The witnesses are the LAN's own address (ping) and a backend (TCP). An ARP prober at the client sees
every claim.
"""

import json
import time

import checks as harness
from arp_prober import ArpProber, overlap_ms
from netlab import now_ns, wait_for
from pair import NODES, VIPS, Pair, configuration

OVERLAP_MS = 2.0   # a planned return is make before break; beyond it two owners answered
UNFIT_MS = 30.0    # Skew_Time is 1.6 ms; the rest is the way of a heartbeat on a busy machine
HEALED_MS = 250.0  # an advert comes each 100 ms; the rest is for a busy machine
SYNC_HEALED_MS = 5000.0  # the link's TCP comes back within about a second


def vote(pair, node, name="vip-a"):
    return next(a for a in pair.get(node, "vrrpd")["virtual_addresses"] if a["name"] == name)


def active(pair, name="vip-a"):
    return [node for node in NODES if vote(pair, node, name)["state"] == "active"]


def events(pair, node):
    return {event["event"] for event in pair.get(node, "vrrpd", "/v1/events")["events"]}


def last_cause(pair, node, name="vip-a"):
    """Why a node left the address last."""
    moves = [event for event in pair.get(node, "vrrpd", "/v1/events")["events"]
             if event["subject"] == name and event.get("from") == "active"]
    return moves[-1]["reason"] if moves else None


def happened(pair, node, event, since, name="vip-a"):
    """The first such event since then; None if there is none."""
    return next((e for e in pair.get(node, "vrrpd", "/v1/events")["events"]
                 if e["event"] == event and e["subject"] == name and e["time_ns"] >= since), None)


def at_peace(pair, what):
    lan_again(pair.lab)
    for node in NODES:
        pair.lab.isolate(node, False)
    pair.lab.link("lb1", "sync0", True)
    wait_for(lambda: pair.settled() and vote(pair, "lb1")["vote"]["peer"] and vote(pair, "lb2")["vote"]["peer"], 70,
             "peace before: " + what)


def observed(checks, lab, pair, what, fault, expected, heal, seconds=1.5, within=2.0):
    """Makes a fault, waits for the owner that the matrix names, watches for a while, heals, waits for peace."""
    at_peace(pair, what)
    prober = ArpProber(lab, "client", VIPS["vip-a"])
    time.sleep(0.2)
    since = now_ns()
    fault()
    try:
        wait_for(lambda: active(pair) == expected, within, f"{what}: {expected} to own")
        moved = (now_ns() - since) / 1e6
        owners = set()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            owners.add(tuple(active(pair)))
            time.sleep(0.02)
        votes = {node: vote(pair, node)["vote"]["reason"] for node in NODES}
    finally:
        heal()
    wait_for(lambda: active(pair) == ["lb1"] and pair.settled(), 70, f"{what}: healed")
    time.sleep(0.3)
    claims = prober.stop()
    checks.true(f"{what}: owner {', '.join(expected) or 'nobody'}", owners == {tuple(expected)},
                f"seen: {sorted(owners)}; votes: {votes}")
    if expected != ["lb1"]:
        checks.figure(f"{what}: moved after", moved, "ms")
    checks.at_most(f"{what}: two owners answered side by side for", overlap_ms(claims), OVERLAP_MS, "ms")
    return votes


def no_sync(lab):
    lab.link("lb1", "sync0", False)
    lab.drop("lb1", "tcp dport 5405")
    lab.drop("lb1", "tcp sport 5405")


def sync_again(lab):
    lab.link("lb1", "sync0", True)
    lab.heal("lb1")


def adverts_from(lab, place, source):
    """Drops the adverts of one node at the other: everything else passes."""
    lab.drop(place, f"ip protocol vrrp ip saddr {source}")


def no_adverts(lab):
    adverts_from(lab, "lb2", "192.0.2.11")
    adverts_from(lab, "lb1", "192.0.2.12")


def heard_by_syncd(pair):
    return all(vote(pair, node)["vote"]["peer"] for node in NODES)


def one_voice_is_missing(checks, lab, pair):
    votes = observed(checks, lab, pair, "one-way loss, lb1 to lb2", lambda: adverts_from(lab, "lb2", "192.0.2.11"),
                     ["lb1"], lambda: lab.heal("lb2"))
    checks.equal("... the vote of lb2", votes["lb2"], "peer_lives")
    checks.true("... is an event", "held" in events(pair, "lb2"))
    observed(checks, lab, pair, "one-way loss, lb2 to lb1", lambda: adverts_from(lab, "lb1", "192.0.2.12"), ["lb1"],
             lambda: lab.heal("lb1"))

    observed(checks, lab, pair, "adverts cut both ways", lambda: no_adverts(lab), ["lb1"], lambda: lan_again(lab))

    observed(checks, lab, pair, "sync link cut", lambda: lab.link("lb1", "sync0", False), ["lb1"],
             lambda: lab.link("lb1", "sync0", True))
    observed(checks, lab, pair, "sync link cut, and no way round it", lambda: no_sync(lab), ["lb1"],
             lambda: sync_again(lab))
    for node in NODES:
        checks.true(f"... is an event on {node}", {"peer_silent", "peer_heard"} <= events(pair, node))


def the_way_round(checks, lab, pair):
    """Neither adverts nor the sync link: the peer's word comes by syncd's way over the LAN."""
    def sync_link_first():
        lab.link("lb1", "sync0", False)
        wait_for(lambda: not heard_by_syncd(pair), 5, "the sync link to be missed")
        wait_for(lambda: heard_by_syncd(pair), 10, "syncd to find its way over the LAN")
        no_adverts(lab)

    def adverts_first():
        no_adverts(lab)
        wait_for(lambda: vote(pair, "lb2")["vote"]["held"], 5, "lb2 to be held")
        time.sleep(0.3)  # and to hear a heartbeat while it is: both at once could not be told from a death
        lab.link("lb1", "sync0", False)

    def heal():
        lan_again(lab)
        lab.link("lb1", "sync0", True)
    for what, cut in (("sync link down, then adverts cut both ways", sync_link_first),
                      ("adverts cut both ways, then sync link down", adverts_first)):
        votes = observed(checks, lab, pair, what, cut, ["lb1"], heal, seconds=2.5)
        checks.equal("... the vote of lb2", votes["lb2"], "peer_lives")


def one_node_is_cut_off(checks, lab, pair):
    observed(checks, lab, pair, "lb1 in a silent black hole", lambda: lab.isolate("lb1"), ["lb2"],
             lambda: lab.isolate("lb1", False))
    checks.true("... is an event", {"witnesses_lost", "witnesses_clear"} <= events(pair, "lb1"))
    observed(checks, lab, pair, "lb2 in a silent black hole", lambda: lab.isolate("lb2"), ["lb1"],
             lambda: lab.isolate("lb2", False))

    def isolated():
        lab.link("lb1", "sync0", False)
        lab.isolate("lb1")

    def joined():
        lab.link("lb1", "sync0", True)
        lab.isolate("lb1", False)
    observed(checks, lab, pair, "lb1 isolated, healed", isolated, ["lb2"], joined)


def cable_pulled(checks, lab, pair):
    """The owner knows at once that it is unfit, and nobody on the LAN hears it say so."""
    at_peace(pair, "cable pulled")
    since = now_ns()
    lab.link("lan", "lb1", False)
    lost = wait_for(lambda: happened(pair, "lb1", "fault", since), 5, "lb1 to see that its cable is out")
    taken = wait_for(lambda: happened(pair, "lb2", "active", since), 5, "lb2 to take over")
    lab.link("lan", "lb1", True)
    checks.equal("cable pulled: why lb2 took over", taken["reason"], "owner_unfit")
    checks.at_most("... after lb1 had noticed", (taken["time_ns"] - lost["time_ns"]) / 1e6, UNFIT_MS, "ms")


def another_network_card(checks, lab, pair):
    """The pinned neighbour entry of a unicast peer is given up when the peer says that it hears nothing."""
    def unicast(on):
        for virtual_address in pair.config["virtual_addresses"]:
            virtual_address["unicast"] = on
        pair.write(pair.config)
        for node in NODES:
            pair.post(node, "vrrpd", "/v1/reload")
        wait_for(lambda: all(len(pair.get(node, "vrrpd")["virtual_addresses"]) == len(VIPS) for node in NODES), 10,
                 "the addresses to begin anew")

    def mac_of_lb2():
        return json.loads(lab.ip("lb2", "-j", "link", "show", "dev", "eth0").stdout)[0]["address"]

    def entry():
        found = json.loads(lab.ip("lb1", "-j", "neigh", "show", "192.0.2.12", "dev", "eth0").stdout)
        return (found[0].get("lladdr"), "PERMANENT" in found[0].get("state", [])) if found else (None, False)

    before = mac_of_lb2()
    unicast(True)
    at_peace(pair, "another network card")
    wait_for(lambda: entry() == (before, True), 15, "the pinned entry")
    lab.ip("lb2", "link", "set", "dev", "eth0", "address", "02:00:00:00:99:12")
    wait_for(lambda: vote(pair, "lb2")["vote"]["held"], 10, "lb2 to hear nothing")
    wait_for(lambda: entry() == (mac_of_lb2(), True) and not vote(pair, "lb2")["vote"]["held"], 15, "the new entry")
    checks.equal("another network card: owner", active(pair), ["lb1"])
    lab.ip("lb2", "link", "set", "dev", "eth0", "address", before)
    unicast(False)


def cut_between(lab):
    """The nodes hear nothing of each other on any path, and both see the rest of the LAN."""
    lab.link("lb1", "sync0", False)
    lab.drop("lb1", "ip saddr 192.0.2.12")
    lab.drop("lb2", "ip saddr 192.0.2.11")


def lan_again(lab):
    lab.heal("lb1")
    lab.heal("lb2")


def settles(checks, lab, pair, what, heal, winner, within_ms):
    """Both own, heal() ends that: the winner announces itself, and the loser answers no more."""
    loser = "lb2" if winner == "lb1" else "lb1"
    mac = {node: json.loads(lab.ip(node, "-j", "link", "show", "eth0").stdout)[0]["address"] for node in NODES}
    prober = ArpProber(lab, "client", VIPS["vip-a"])
    time.sleep(0.2)
    healed = now_ns()
    heal()
    wait_for(lambda: active(pair) == [winner], 20, f"{what}: {winner} alone to own")
    time.sleep(0.5)
    claims = prober.stop()
    of_loser = [when for when, who, _ in claims if who == mac[loser]]
    announced = [when for when, who, asked in claims if who == mac[winner] and not asked and when > healed]
    checks.true(f"{what}: the loser had answered", of_loser)
    checks.at_most(f"{what}: {loser} answers no more after", (max(of_loser, default=healed) - healed) / 1e6, within_ms, "ms")
    checks.true(f"{what}: {winner} announces itself again", announced)
    checks.figure(f"{what}: first after", (min(announced, default=healed) - healed) / 1e6, "ms")


def nobody_can_tell(checks, lab, pair):
    """The one undecidable row: both own while it lasts."""
    at_peace(pair, "both links cut")
    cut_between(lab)
    wait_for(lambda: active(pair) == ["lb1", "lb2"], 5, "both to own while nothing passes between them")
    checks.equal("both links cut, availability: owners", " ".join(active(pair)), "lb1 lb2")
    settles(checks, lab, pair, "the LAN heals", lambda: lan_again(lab), "lb1", HEALED_MS)
    lab.link("lb1", "sync0", True)

    at_peace(pair, "both links cut again")
    cut_between(lab)
    wait_for(lambda: active(pair) == ["lb1", "lb2"], 5, "both to own while nothing passes between them")
    epochs = {node: vote(pair, node)["vote"]["epoch"] for node in NODES}
    checks.true("lb2 has the newer epoch", epochs["lb2"] > epochs["lb1"], str(epochs))

    def only_the_sync_link():
        lab.link("lb1", "sync0", True)
        wait_for(lambda: not {"lb1", "lb2"} <= set(active(pair)), 20, "one to give up")
    # The link must come up first: that takes TCP a moment.
    settles(checks, lab, pair, "the sync link heals: the newer epoch", only_the_sync_link, "lb2", SYNC_HEALED_MS)
    checks.equal("... the loser's cause", last_cause(pair, "lb1"), "voted")
    lan_again(lab)


def only_the_preferred_one(checks, lab, pair):
    at_peace(pair, "the policy changes")
    pair.config["cluster"]["split_policy"] = "preferred"
    pair.write(pair.config)
    for node in NODES:
        pair.post(node, "vrrpd", "/v1/reload")
    observed(checks, lab, pair, "both links cut, preferred", lambda: cut_between(lab), ["lb1"],
             lambda: (lab.link("lb1", "sync0", True), lan_again(lab)))
    checks.equal("... vip-b, which prefers lb2, had moved neither", active(pair, "vip-b"), ["lb2"])

    at_peace(pair, "vip-a moves to lb2")
    pair.lbctl("lb1", "failover", "vip-a")
    wait_for(lambda: active(pair) == ["lb2"], 5, "vip-a on lb2")
    prober = ArpProber(lab, "client", VIPS["vip-a"])
    cut_between(lab)
    wait_for(lambda: active(pair) == ["lb1"], 5, "the preferred node to take vip-a from the other")
    lab.link("lb1", "sync0", True)
    lan_again(lab)
    checks.at_most("both links cut while lb2 owns, preferred: side by side for", overlap_ms(prober.stop()), OVERLAP_MS, "ms")


def body(checks, lab):
    config = configuration(lab, preempt_delay="0s")
    config["cluster"]["witnesses"] = ["192.0.2.1", "192.0.2.21:8080"]
    pair = Pair(lab, config)
    pair.start()
    for step in (one_voice_is_missing, the_way_round, one_node_is_cut_off, cable_pulled, another_network_card, nobody_can_tell,
                 only_the_preferred_one):
        checks.measure(step, checks, lab, pair)


if __name__ == "__main__":
    harness.run("split brain: the voices of a pair", body, make_pair=False)
