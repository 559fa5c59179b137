"""How the test programs of a pair of vrrpd run: one lab, one case after the other, and what to print of a failure."""

import sys
import time
import traceback

from netlab import Lab, skip_without_root
from stalls import TRIES, in_real_time
from two_nodes import Pair

TAIL = 15  # lines of each program
CRASHES = ("Sanitizer", "runtime error:", "assertion failed", "terminate called")  # in a program's log: no machine's fault


def tests_of(names):
    """The functions test_NAME of a program's globals(), by NAME."""
    return {name[5:]: test for name, test in names.items() if name.startswith("test_")}


def chosen(cases, words):
    """The cases that the command line names, by their whole name or by the part before a slash; all without words."""
    for word in words:
        if not any(name == word or name.startswith(word + "/") for name in cases):
            sys.exit(f"no such test: {word}; there are {' '.join(cases)}")
    return [name for name in cases if not words or any(name == word or name.startswith(word + "/") for word in words)]


def show_tails(lab):
    """The last lines of each program's latest life."""
    for process in {process.log: process for process in lab.processes}.values():
        print(f"--- {process.place} {process.name}:", *process.text().splitlines()[-TAIL:], sep="\n", flush=True)


def crashed(lab):
    return any(word in process.text() for process in lab.processes for word in CRASHES)


def passes(case, pair, prepare):
    """Whether a case passes. One in which the machine itself was late and nothing crashed is measured again, and no other."""
    for left in reversed(range(TRIES)):
        begun = time.monotonic_ns()
        try:
            prepare(pair)
            case(pair)
        except Exception as error:  # the other cases shall run all the same
            failed_at = time.monotonic_ns()
            excusable = isinstance(error, AssertionError) and not crashed(pair.lab)
            stalled = pair.stalls.described(begun, failed_at) if excusable else ""
            print(f"  FAILED: {traceback.format_exc()}", flush=True)
            show_tails(pair.lab)
            pair.reset()
            if not stalled or not left:
                return False
            print(f"  MEASURED AGAIN: {stalled}", flush=True)
        else:
            print(f"  ok ({(time.monotonic_ns() - begun) / 1e9:.1f} s)", flush=True)
            return True
    return False


def run(cases, equip=lambda lab: None, prepare=lambda pair: None, make_pair=Pair, words=None):
    """Runs {name: case(pair)}, or those that the command line (or `words`) names, and ends the program.

    equip(lab) completes the lab once; prepare(pair) comes before each case. A pair that a case left in any state, because
    it failed, is reset.
    """
    skip_without_root()
    wanted = chosen(cases, sys.argv[1:] if words is None else words)
    failed = []
    in_real_time()
    with Lab(backends=0) as lab:
        equip(lab)
        pair = make_pair(lab)
        for name in wanted:
            print(f"{name}:", flush=True)
            if not passes(cases[name], pair, prepare):
                failed.append(name)
    print(f"{len(wanted)} tests, {len(failed)} failed", *failed)
    sys.exit(1 if failed else 0)


def both_families(lab):
    """Addresses of IPv6 for the nodes and the client."""
    for place, host in (("lb1", "11"), ("lb2", "12"), ("client", "10")):
        lab.ip(place, "addr", "add", f"2001:db8::{host}/64", "dev", "eth0", "nodad")
