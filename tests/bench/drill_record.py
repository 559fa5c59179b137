"""What the runs of a drill gave, in memory and in a file, so that a long drill can be carried out in parts."""

import collections
import hashlib
import json
import os

from drill_figures import LATE_US
from netlab import DAEMONS, binaries

OURS = "tandem"
SAVE_EACH = 25  # runs


def fingerprint():
    """Of the programs under test: figures of different programs must not be mixed."""
    digest = hashlib.sha256()
    for daemon in DAEMONS:
        digest.update((binaries() / daemon).read_bytes())
    return digest.hexdigest()[:16]


class Record:
    """`path`: a file for it, or None; `goes_on`: what the file has already counts, ours only if of the same programs."""

    def __init__(self, path, goes_on, labs):
        self.path, self.labs, self.programs = path, labs, fingerprint()
        self.results, self.failures, self.repeated, self.added = [], [], 0, 0
        if goes_on and path.exists():
            self._load(json.loads(path.read_text()))

    def _load(self, old):
        same = old["programs"] == self.programs
        for run in old["runs"]:
            if same or run["product"] != OURS:
                self.results.append(((run["product"], run["interval_ms"], run["fault"]), run["phases"]))
        self.repeated = old["repeated"]
        print(f"{self.path}: {len(self.results)} of {len(old['runs'])} runs count"
              + ("" if same else ": ours were made with other programs"), flush=True)

    def counts(self):
        """How many runs there are of each job (product, interval in ms, fault's name)."""
        return collections.Counter(job for job, _ in self.results)

    def add(self, job, phases, repeated, said):
        """A run came to its end; `phases` None: it could not be carried out, for the reason `said`."""
        self.added += 1
        self.repeated += repeated
        if phases is None:
            self.failures.append((job, said))
        else:
            self.results.append((job, phases))
        if self.added % SAVE_EACH == 0:
            self.save()

    def late(self):
        """Runs that count although the client was late."""
        return sum(max(run["late_ms"] for run in phases) * 1000 > LATE_US for _, phases in self.results)

    def save(self):
        if self.path is None:
            return
        self.path.write_text(json.dumps({
            "kernel": os.uname().release, "cpus": os.cpu_count(), "labs": self.labs, "programs": self.programs,
            "repeated": self.repeated, "failed": [[job, said] for job, said in self.failures],
            "runs": [{"product": job[0], "interval_ms": job[1], "fault": job[2], "phases": phases}
                     for job, phases in self.results]}, indent=1) + "\n")
