#!/usr/bin/env python3
"""The path of an advert, received or sent, in two real vrrpd: it allocates nothing and says nothing.

Needs root; skipped loudly without. Takes the library to preload as its argument, then names of cases. What else has to be
done each second or tenth of a second may fall into an advert's turn, so not every turn can be clean; a path that allocates
makes none clean.
"""

import struct
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.path.insert(0, str(Path(__file__).parent))

from netlab import binaries, wait_for  # noqa: E402
from runner import run  # noqa: E402
from two_nodes import NODES, Pair  # noqa: E402

SECONDS = 5
# Not in step with what is done each 50 or 100 ms: heartbeats go out beside the adverts, and allocate. Shorter intervals make
# a node go quiet, and say so, when the machine itself stands still.
INTERVAL_MS = 110
CLEAN = 0.6  # of all turns, at least
FIELDS = ("received", "received_clean", "sent", "sent_clean", "allocations")


class CountedPair(Pair):
    library = ""

    def turns(self, node):
        values = struct.unpack(f"{len(FIELDS)}Q", (self.run_dir[node] / "turns").read_bytes())
        return dict(zip(FIELDS, values))

    def start(self, node):
        self.process[node] = self.lab.start(node, "vrrpd", [
            "env", f"LD_PRELOAD={self.library}", f"TANDEM_ADVERT_TURNS={self.run_dir[node] / 'turns'}",
            binaries() / "vrrpd", "--config", self.config, "--node", node, "--run-dir", self.run_dir[node]])


def measure(pair):
    time.sleep(1.5)  # the queues and caches of the start
    said = {node: pair.process[node].text() for node in NODES}
    before = {node: pair.turns(node) for node in NODES}
    time.sleep(SECONDS)
    after = {node: pair.turns(node) for node in NODES}
    for node in NODES:
        assert pair.process[node].text() == said[node], f"{node} said something:\n{pair.process[node].text()[-500:]}"
        grown = {field: after[node][field] - before[node][field] for field in FIELDS}
        print(f"  {node}: {grown}", flush=True)
        for way in ("received", "sent"):
            assert grown[way] >= 500 * SECONDS / INTERVAL_MS, f"only {grown[way]} turns with adverts {way}"
            share = grown[way + "_clean"] / grown[way]
            assert share >= CLEAN, f"{node}: only {share:.0%} of the turns with an advert {way} allocate nothing"


def clean_path(**config):
    def case(pair):
        pair.write_config(interval=f"{INTERVAL_MS}ms", **config)
        for node in NODES:
            if node in pair.process:
                pair.process[node].stop()
        pair.settle()
        wait_for(lambda: pair.status("lb1", "vip-b")["adverts_received"] > 0, 5, "adverts")
        measure(pair)
    return case


CASES = {
    "multicast_authenticated": clean_path(unicast=False, authentication=True),
    "unicast_authenticated": clean_path(unicast=True, authentication=True),
    "multicast": clean_path(unicast=False, authentication=False),
}

if __name__ == "__main__":
    CountedPair.library = sys.argv[1]
    run(CASES, make_pair=CountedPair, words=sys.argv[2:])
