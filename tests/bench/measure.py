"""What a benchmark reads from the kernel: exact CPU time, memory, stolen time, connections."""

import os
import re
from pathlib import Path


def tree(pid):
    """The process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            found += tree(int(child))
    return found


def cpu_ns(pid):
    """CPU time of the process tree in nanoseconds, all threads, as the scheduler counts it (not sampled)."""
    total = 0
    for each in tree(pid):
        for task in Path(f"/proc/{each}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue  # the thread has just ended
    return total


def user_memory(pid):
    """Private memory of the process tree in bytes (kernel memory is not in it)."""
    total = 0
    for each in tree(pid):
        text = Path(f"/proc/{each}/smaps_rollup").read_text()
        total += sum(int(n) for n in re.findall(r"^Private_(?:Dirty|Clean):\s+(\d+) kB", text, re.M)) * 1024
    return total


def steal_fraction(before, after):
    """Share of time that the hypervisor took away between two readings of cpu_times()."""
    total = sum(after) - sum(before)
    return (after[7] - before[7]) / total if total else 0.0


def cpu_times():
    return [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def connections_to(pid, port):
    """Established TCP connections of the process tree to this local port."""
    inodes = set()
    for each in tree(pid):
        for entry in Path(f"/proc/{each}/fd").iterdir():
            try:
                target = os.readlink(entry)
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "01" and int(words[2].split(":")[1], 16) == port and words[9] in inodes:
            count += 1
    return count
