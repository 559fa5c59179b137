"""One worker: a lab of its own, in which pairs live and faults are done to them again and again."""

import time
import traceback

import drill_figures as figures
from drill_faults import FAULTS
from drill_lab import OTHER, OWNER, PRODUCTS, Probe, new_lab

WARM_S = 0.15      # of undisturbed probes before the fault
AFTER_S = 0.3      # of watching once a phase's condition holds

BY_NAME = {fault.name: fault for fault in FAULTS}


def watch(pair, phase):
    """Carries out a phase; (begin, end) in ns."""
    begin = time.monotonic_ns()
    phase.act(pair)
    end = begin + int(phase.seconds * 1e9)
    while (now := time.monotonic_ns()) < end:
        if phase.until is not None and phase.until(pair):
            time.sleep(AFTER_S)
            break
        time.sleep(min(0.05 if phase.until else phase.seconds, (end - now) / 1e9))
    return begin, time.monotonic_ns()


def measure(pair, fault, number):
    """One run: a list with the figures of each phase."""
    pair.settle()
    pair.look()
    if fault.prepare is not None:
        fault.prepare(pair)
    pair.forget_neighbour()
    probe = Probe(pair.lab, number)
    phases = []
    try:
        time.sleep(WARM_S)
        for phase in fault.phases:
            begin, end = watch(pair, phase)
            phases.append((phase, begin, end, pair.holders()))
    finally:
        seen = probe.stop()
        pair.undo()
    owner = pair.mac[OTHER if fault.prepare is not None else OWNER]
    results = []
    for phase, begin, end, holders in phases:
        gap, lost = figures.gap(seen, begin, end)
        overlap, moves, moved, now = figures.owners(seen, begin, end, owner)
        results.append({
            "phase": phase.title, "gap_ms": gap, "lost": lost, "overlap_ms": overlap, "moves": moves, "moved_ms": moved,
            "left": [node for node in holders if pair.mac[node] != now], "owner": {m: n for n, m in pair.mac.items()}[now],
            "late_ms": figures.lateness_ms(seen, begin, end)})
        owner = now
    return results


def lateness(results):
    return max(result["late_ms"] for result in results)


class Worker:
    """Takes jobs (product, interval in ms, fault's name) and gives (job, results or None, what happened besides). A run in
    which the probe was late is made up to `attempts` times; the one that was late least counts."""

    def __init__(self, lab, attempts):
        self.lab, self.attempts, self.pair, self.kind, self.runs = lab, attempts, None, None, 0

    def become(self, product, interval_ms, policy):
        if self.kind == (product, interval_ms, policy):
            return
        self.end()
        self.pair = PRODUCTS[product](self.lab, interval_ms, policy)
        self.kind = (product, interval_ms, policy)

    def end(self):
        if self.pair is not None:
            self.pair.stop()
        self.pair = self.kind = None

    def carry_out(self, job):
        product, interval_ms, name = job
        fault = BY_NAME[name]
        attempts = []
        try:
            self.become(product, interval_ms, fault.policy)
            while len(attempts) < self.attempts and (not attempts or lateness(attempts[-1]) * 1000 > figures.LATE_US):
                self.runs += 1
                attempts.append(measure(self.pair, fault, self.runs))
            return min(attempts, key=lateness), len(attempts) - 1, ""
        except Exception:
            said = traceback.format_exc()
            if self.pair is not None:
                said += self.pair.log()
            self.end()
            return None, len(attempts), said


def work(jobs, results, attempts):
    """The process of a worker: until a job is None."""
    with new_lab() as lab:
        worker = Worker(lab, attempts)
        for job in iter(jobs.get, None):
            results.put((job, *worker.carry_out(job)))
        worker.end()
