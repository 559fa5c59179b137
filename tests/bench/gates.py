#!/usr/bin/env python3
"""Gates on the data path that do not depend on the machine's mood, per 128-byte keep-alive request of lbd:

user-space instructions (counted by valgrind, which cannot play io_uring: with the epoll engine) and system calls (counted by
strace, with both engines), under load.

The ceilings in ceilings.json may only go down. Each compiler makes other instructions of the same code: one that has no
ceiling of its own gets the highest. Exit code 1 if one is exceeded.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import world
from products import BACKEND_HTTP, Tandem, listens, wait_until
from scenarios import SCENARIOS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SKIP = 77
WARM, MEASURED = 4_000, 16_000  # requests of the short and of the long run; their difference is measured


class Counted(Tandem):
    """lbd under a counting program."""

    def __init__(self, directory, port, engine, wrapper=()):
        super().__init__(directory, port, SCENARIOS[0])
        self.engine, self.wrapper = engine, wrapper

    def argv(self):
        return [*self.wrapper, *super().argv()]


def enter_own_world():
    if not world.is_inside():
        missing = [tool for tool in ("valgrind", "strace", "unshare", "ip") if shutil.which(tool) is None]
        if os.geteuid() != 0 or missing:
            print("SKIPPED: the gates need", "root" if os.geteuid() != 0 else " and ".join(missing), flush=True)
            sys.exit(SKIP)
    world.enter()


def load(arguments, port, requests):
    done = subprocess.run([arguments.bin / "tandem-load", "--target", f"127.0.0.1:{port}", "--requests", str(requests)],
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"wrong answers: {done.stdout} {done.stderr}")


def instructions(arguments, directory, port, requests):
    """Instructions of a whole life of lbd that serves so many requests."""
    log = directory / f"valgrind-{port}"
    lbd = Counted(directory, port, "epoll", ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
                                    f"--log-file={log}"])
    lbd.start()
    load(arguments, port, requests)
    lbd.stop()
    return int(re.search(r"I\s+refs:\s+([\d,]+)", log.read_text()).group(1).replace(",", ""))


def system_calls(arguments, directory, port, engine):
    """{name: calls per request} while requests are served, and no others."""
    lbd = Counted(directory, port, engine)
    lbd.start()
    load(arguments, port, WARM)
    table = directory / "strace"
    tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", str(table), "-p", str(lbd.pid)],
                              stderr=subprocess.PIPE, text=True)
    tracer.stderr.readline()  # "… attached"
    load(arguments, port, MEASURED)
    tracer.send_signal(signal.SIGINT)
    tracer.wait(30)
    lbd.stop()
    rows = (line.split() for line in table.read_text().splitlines())
    return {row[1]: int(row[0]) / MEASURED for row in rows if len(row) == 2 and row[0].isdigit() and row[1] != "total"}


def compiler(program):
    """The name under which ceilings.json has who compiled it."""
    found = re.search(rb"GCC: \([^)]*\) (\d+)", program.read_bytes())
    return f"gcc {found[1].decode()}" if found else "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path(os.environ.get("TANDEM_BIN", ROOT / "build/release/bin")))
    arguments = parser.parse_args()
    enter_own_world()
    ceilings = json.loads((HERE / "ceilings.json").read_text())
    made_by = compiler(arguments.bin / "lbd")
    ceilings["instructions"] = ceilings["instructions"].get(made_by, max(ceilings["instructions"].values()))
    Tandem.binary = str(arguments.bin / "lbd")
    directory = Path(tempfile.mkdtemp(prefix="tandem-gates-", dir="/dev/shm"))
    try:
        subprocess.Popen([arguments.bin / "tandem-bench-backend", "--port", str(BACKEND_HTTP)], stdout=subprocess.DEVNULL)
        wait_until(lambda: listens(BACKEND_HTTP), "the backend")
        calls = {engine: system_calls(arguments, directory, port, engine) for engine, port in (("epoll", 8001), ("auto", 8004))}
        short = instructions(arguments, directory, 8002, WARM)
        long = instructions(arguments, directory, 8003, WARM + MEASURED)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    figures = {"instructions": (long - short) / MEASURED}
    for engine, counts in calls.items():
        print(f"system calls by name, engine {engine}: " + ", ".join(
            f"{name} {count:.2f}" for name, count in sorted(counts.items(), key=lambda item: -item[1]) if count >= 0.005))
        figures[f"system_calls_{engine}"] = sum(counts.values())
    print(f"compiled by {made_by}")
    failed = False
    for name, value in figures.items():
        over = value > ceilings[name]
        failed = failed or over
        print(f"{'FAIL' if over else 'ok  '}  {name.replace('_', ' ')} per keep-alive request: {value:.2f} (at most {ceilings[name]})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
