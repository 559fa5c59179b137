"""What is done to a pair, and what must come of it. A fault is a value; the runner knows nothing about any of them.

A fault has one or two phases, each with figures and limits of its own: what happens, and often its end.
"""

from dataclasses import dataclass, field
from typing import Callable, Optional

from drill_lab import NODES, OTHER, OWNER
from netlab import wait_for

TANDEM = ("tandem",)
ALL = ("tandem", "keepalived")
LEASE_INTERVALS = 2.75  # how long an owner may answer after its last advert

# Limits on the longest time in ms without an answer, by the advert interval in ms: (of the 95th percentile, of every run)
NODE_DEAD = {100: (350, None), 10: (50, None)}
LINK_DEAD = {100: (400, None), 10: (50, None)}
DAEMON_DEAD = {100: (10, None), 10: (10, None)}
PLANNED = {100: (None, 5), 10: (None, 5)}
RESTORED = {100: (None, 100), 10: (None, 100)}


@dataclass(frozen=True)
class Phase:
    title: str
    act: Callable               # with the pair
    seconds: float              # how long it is watched
    gap: dict = field(default_factory=dict)   # none: reported only
    moves: Optional[int] = 1    # how often the address may change its owner; None: reported only
    overlap: Optional[float] = 0  # how many advert intervals two nodes may own the address; None: reported only
    handover: bool = False      # make before break: while the new owner's advert travels, one ARP request may meet both
    stale: bool = True          # nobody but the owner may have the address at the end; False: reported only
    until: Optional[Callable] = None  # once the pair is so it is watched a little longer, and no more


@dataclass(frozen=True)
class Fault:
    name: str
    phases: tuple
    products: tuple = ALL
    prepare: Optional[Callable] = None  # before anybody looks
    policy: str = "availability"        # the cluster's split_policy
    alone: bool = False  # needs the machine for itself
    fast: bool = False   # also with 10 ms adverts, unless asked otherwise


def kill_node(pair):
    pair.isolate(OWNER)
    pair.freeze(pair.known_pids)  # a millisecond later; setting a link down takes some more
    pair.cut_sync()  # before it is known there that the processes have ended: a dead kernel tells nobody
    pair.kill(pair.known_pids)
    pair.unplug(OWNER)
    pair.sweep(OWNER)  # with its kernel


def kill_and_reboot(pair):
    kill_node(pair)
    wait_for(lambda: pair.holders() == [OTHER], what="the other node to take the address")
    pair.undo()


def cut_both(pair):
    pair.cut(*NODES, both=True)
    pair.cut_sync()


def thaw(pair):
    pair.thaw()


def undo(pair):
    pair.undo()


def split(policy, overlap):
    return Fault(f"both_cut_{policy}", (
        Phase(f"LAN between the nodes and sync link cut, split_policy {policy}", cut_both, 1.5, moves=None,
              overlap=overlap, stale=False),
        Phase(f"… healed ({policy})", undo, 1.5, overlap=LEASE_INTERVALS)), policy=policy)


def losing(percent, moves):
    return Fault(f"loss_{percent}", (
        Phase(f"{percent} % of the adverts lost", lambda pair: pair.lose_adverts(percent), 5.0, moves=moves),))


FAULTS = (
    Fault("kill_daemon", (
        Phase("kill -9 of the VRRP daemon", lambda pair: pair.kill(pair.known_daemon_pids), 1.0, DAEMON_DEAD),), fast=True),
    Fault("kill_lbd", (
        Phase("kill -9 of lbd", lambda pair: pair.kill(pair.known_lbd_pids), 1.0, DAEMON_DEAD),), TANDEM),
    Fault("kill_daemon_and_guard", (
        Phase("kill -9 of the VRRP daemon and its guard", lambda pair: pair.kill(pair.known_vrrp_pids), 3.8, NODE_DEAD),)),
    Fault("kill_node", (
        Phase("node dead: all processes and links", kill_node, 1.2, NODE_DEAD),), fast=True),
    Fault("return", (
        Phase("return of the node", lambda pair: pair.start_node(OWNER), 8.0, PLANNED, handover=True,
              until=lambda pair: pair.holders() == [OWNER]),), prepare=kill_and_reboot),
    Fault("sigterm", (
        Phase("SIGTERM of the VRRP daemon", lambda pair: pair.terminate(OWNER), 1.0, PLANNED, handover=True),)),
    Fault("planned", (
        Phase("planned move away", lambda pair: pair.move_away(OWNER), 3.0, PLANNED, handover=True,
              until=lambda pair: pair.holders() == [OTHER]),
        Phase("planned move back", lambda pair: pair.move_away(OTHER), 3.0, PLANNED, handover=True,
              until=lambda pair: pair.holders() == [OWNER]))),
    Fault("stop_daemon", (
        Phase("SIGSTOP of the VRRP daemon", lambda pair: pair.freeze(pair.known_daemon_pids), 3.8, NODE_DEAD),
        Phase("… continued (daemon)", thaw, 1.5, PLANNED, handover=True))),
    Fault("stop_daemon_and_guard", (
        Phase("SIGSTOP of the VRRP daemon and its guard", lambda pair: pair.freeze(pair.known_vrrp_pids), 3.8, NODE_DEAD),
        Phase("… continued (daemon and guard)", thaw, 1.5, PLANNED, handover=True)), TANDEM),
    Fault("freeze_node", (
        Phase("node frozen: SIGSTOP of all processes", lambda pair: pair.freeze(pair.known_pids), 3.8, NODE_DEAD),
        Phase("… continued (node)", thaw, 1.5, PLANNED, handover=True))),
    Fault("carrier", (
        Phase("carrier down", lambda pair: pair.unplug(OWNER), 1.2, LINK_DEAD),
        Phase("… up again", undo, 1.5, PLANNED, handover=True))),
    Fault("blackhole", (
        Phase("silent black hole, carrier up", lambda pair: pair.isolate(OWNER), 1.2, LINK_DEAD),
        Phase("… healed (black hole)", undo, 1.5, PLANNED, handover=True))),
    Fault("one_way_out", (
        Phase("one way: the owner's frames do not reach the backup", lambda pair: pair.cut(OWNER, OTHER), 1.5, PLANNED),
        Phase("… healed (from the owner)", undo, 1.0, PLANNED))),
    Fault("one_way_in", (
        Phase("one way: the backup's frames do not reach the owner", lambda pair: pair.cut(OTHER, OWNER), 1.5, PLANNED, 0),
        Phase("… healed (from the backup)", undo, 1.0, PLANNED, 0))),
    Fault("sync_cut", (
        Phase("sync link cut", lambda pair: pair.cut_sync(), 1.5, PLANNED, 0),
        Phase("… healed (sync link)", undo, 1.0, PLANNED, 0)), TANDEM),
    split("availability", None),
    split("preferred", LEASE_INTERVALS),
    losing(5, 0),
    losing(20, 0),
    losing(50, None),
    Fault("flush", (
        Phase("address flushed (ip addr flush)", lambda pair: pair.flush(OWNER), 1.0, RESTORED),)),
    Fault("hog", (
        Phase("CPU hog: 8 busy loops, nice -20, on the node's CPU", lambda pair: pair.hog(OWNER, False), 2.0, PLANNED, 0),),
        alone=True),
    Fault("hog_fifo", (
        Phase("CPU hog: busy loop, SCHED_FIFO 99, on the node's CPU", lambda pair: pair.hog(OWNER, True), 1.2, NODE_DEAD,
              stale=False),
        Phase("… over (SCHED_FIFO)", undo, 1.5, PLANNED, handover=True)), alone=True),
)
