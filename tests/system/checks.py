"""Figures with their limits: printed as they are measured, and the script's exit code at the end."""

import sys
import traceback

from netlab import Lab, now_ns, skip_without_root
from stalls import TRIES



class Checks:
    def __init__(self, title, stalls):
        print(f"== {title}", flush=True)
        self.stalls = stalls
        self.failed = 0

    def figure(self, name, value, unit=""):
        """A measured value that has no limit."""
        self._row("    ", name, value, unit, "")

    def at_most(self, name, value, limit, unit="", between=None):
        """With the two moments (ns) of a time in ms, what the machine itself was late between them comes on top."""
        allowed = f"at most {limit:g}"
        if between and value is not None and value > limit:
            late = self.stalls.total_ms(*between)
            limit += late
            allowed += f" and {late:.1f} in which the machine was late"
        self._judge(value is not None and value <= limit, name, value, unit, allowed)

    def at_least(self, name, value, limit, unit=""):
        self._judge(value is not None and value >= limit, name, value, unit, f"at least {limit:g}")

    def equal(self, name, value, wanted):
        self._judge(value == wanted, name, value, "", f"must be {wanted}")

    def true(self, name, value, detail=""):
        self._judge(bool(value), name, "yes" if value else "no", "", detail)

    def _judge(self, ok, name, value, unit, limit):
        self.failed += 0 if ok else 1
        self._row("ok  " if ok else "FAIL", name, value, unit, limit)

    def _row(self, mark, name, value, unit, limit):
        shown = f"{value:.1f}" if isinstance(value, float) else str(value)
        print(f"{mark}  {name:<58} {shown:>10} {unit:<3} {'(' + limit + ')' if limit else ''}".rstrip(), flush=True)

    def measure(self, step, *arguments):
        """Runs a step that checks times. Failures of one in which the machine itself was late do not count: it is measured
        again, so it must leave everything as it was, or find its own beginning."""
        for left in reversed(range(TRIES)):
            failed, begun, error = self.failed, now_ns(), None
            try:
                step(*arguments)
            except AssertionError as caught:
                error = caught
            stalled = (error or self.failed > failed) and self.stalls.described(begun)
            if not stalled or not left:
                break
            self.failed = failed
            print(f"MEASURED AGAIN: {stalled}. {error or ''}", flush=True)
        if error:
            raise error


def failures_around(stream, fault_ns, window_ms):
    """Failures that were over before the fault, that belong to it, and that were due after its window."""
    before = sum(finished < fault_ns for _, finished, _ in stream["failed_requests"])
    after = sum(intended > fault_ns + window_ms * 1e6 for intended, _, _ in stream["failed_requests"])
    return before, stream["failed"] - before - after, after


def fault_figures(checks, label, stream, fault_ns, gap_limit, judge_gap=True):
    """What one stream of a probe noticed of a fault: its gap, and no failure before it or after it."""
    gap = stream["longest_gap"]
    before, within, after = failures_around(stream, fault_ns, gap_limit)
    if judge_gap:
        checks.at_most(f"{label}: longest gap", gap["ms"], gap_limit, "ms", (gap["from_ns"], gap["to_ns"]))
    else:
        checks.figure(f"{label}: longest gap", gap["ms"], "ms")
    checks.true(f"{label}: service came back", not gap["open"])
    checks.equal(f"{label}: failures before the fault", before, 0)
    kinds = " ".join(f"{kind}:{count}" for kind, count in stream["failures"].items())
    checks.figure(f"{label}: failures due within {gap_limit} ms of it", f"{within} of {stream['requests']}", kinds)
    checks.equal(f"{label}: failures due later", after, 0)


def sticky_figures(checks, label, report):
    sticky = report["sticky"]
    checks.equal(f"{label}: sticky clients on their old backend", f"{sticky['kept']} of {sticky['clients']}",
                 f"{sticky['clients']} of {sticky['clients']}")


def run(title, body, make_pair=True, **lab):
    """Runs body(checks, lab[, pair]) in a fresh lab and ends the script with 0 or 1.

    On a failure the ends of the daemons' logs are printed.
    """
    from pair import Pair  # here, so that labs without a pair do not need it
    skip_without_root()
    with Lab(**lab) as made:
        checks = Checks(title, made.stalls)
        made.start_backends()
        pair = Pair(made) if make_pair else None
        try:
            if pair:
                pair.start()
                body(checks, made, pair)
            else:
                body(checks, made)
        except Exception:  # a script's own failure is a failure of the test, with its logs
            traceback.print_exc()
            checks.failed += 1
        if checks.failed:
            for process in made.processes:
                if process.name != "backend":
                    tail = "\n  ".join(process.text().splitlines()[-40:])
                    print(f"-- log of {process.place} {process.name}\n  {tail}", flush=True)
    print(f"== {title}: {'passed' if not checks.failed else str(checks.failed) + ' FAILED'}", flush=True)
    sys.exit(1 if checks.failed else 0)
