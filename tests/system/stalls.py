"""When the machine itself was late: what a test of times must not blame the program under test for.

tandem-stall-watch looks each millisecond, above all programs under test and beside the ordinary ones. A machine that does
nothing else shows nothing here, so every limit holds as it is written. What is late only in the program under test, or in
what it waits for, never shows here.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

STALL_MS = 3.0  # one that is worth a second measurement
TRIES = 3
FIFO_PRIORITY = 20  # above the daemons (10): a client is another machine, and below tandem-stall-watch (50)
SETTLED_S = 0.02  # what happened until now has been written by then


def in_real_time():
    """This thread looks and asks in time also on a busy machine, if that is permitted; what it starts is ordinary again."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(FIFO_PRIORITY))


def union_ms(spans):
    """The time that (begin, end) spans in ns cover together, in ms."""
    total, until = 0, 0
    for begin, end in sorted(spans):
        total += max(0, end - max(begin, until))
        until = max(until, end)
    return total / 1e6


class Stalls:
    """Watches from its creation until close(); times are those of time.monotonic_ns()."""

    def __init__(self, program, directory):
        self.path = Path(directory) / "stalls"
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen([program], stdin=subprocess.DEVNULL, stdout=output)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def spans(self, begin, end=None):
        """[(begin, end, "machine" or "ordinary")]: when it was late between two moments, the second one now if not said."""
        end = end or time.monotonic_ns()
        time.sleep(SETTLED_S)
        if self.process.poll() is not None:
            raise RuntimeError(f"tandem-stall-watch ended with code {self.process.returncode}")
        found = []
        for line in self.path.read_text().splitlines():
            first, last, kind = line.split()
            first, last = max(int(first), begin), min(int(last), end)
            if first < last:
                found.append((first, last, kind))
        return found

    def total_ms(self, begin, end=None, real_time=False):
        """How long it was late in all: as programs in real time see it, or as the ordinary ones do too."""
        return union_ms([span[:2] for span in self.spans(begin, end) if span[2] == "machine" or not real_time])

    def described(self, begin, end=None):
        """Words for a reader; empty if there was no stall that is worth a second measurement."""
        words = []
        for kind, meaning in (("machine", "the machine stood still"), ("ordinary", "ordinary processes had to wait")):
            spans = [span[:2] for span in self.spans(begin, end) if span[2] == kind]
            longest = max((last - first for first, last in spans), default=0) / 1e6
            if longest >= STALL_MS:
                words.append(f"{meaning} for up to {longest:.1f} ms, {union_ms(spans):.1f} ms in all")
        return "; ".join(words)

    def at_most(self, what, value_ms, limit_ms, begin, end=None, real_time=False):
        """AssertionError if the time is above the limit and what the machine was late between these moments."""
        if value_ms <= limit_ms:
            return
        late = self.total_ms(begin, end, real_time)
        assert value_ms <= limit_ms + late, (
            f"{what}: {value_ms:.1f} ms, allowed are {limit_ms:g} and {late:.1f} in which the machine was late")
        print(f"    {what}: {value_ms:.1f} ms of {limit_ms:g}, but the machine was late for {late:.1f} ms of them", flush=True)
