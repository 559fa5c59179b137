#!/usr/bin/env python3
"""The drill's figures from made-up probes: gaps, overlap, moves, lateness."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import drill_figures as figures  # noqa: E402

A, B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
BEGIN = 5_000_000_000
MS = 1_000_000


def probe(lost=(), slow=(), late=(), answers=None, length=1000):
    """A probe of `length` ms from BEGIN; numbers of echo requests, and {ARP request: MACs}, A where not said."""
    arp = range(length // 2)
    return {
        "echo": {"begin_ns": BEGIN, "period_us": 1000,
                 "sent_us": [1000 * n + (5000 if n in late else 0) for n in range(length)],
                 "answered_after_us": [-1 if n in lost else 15_000 if n in slow else 30 for n in range(length)]},
        "arp": {"begin_ns": BEGIN, "period_us": 2000, "sent_us": [2000 * n for n in arp]},
        "claims": [[n, 2000 * n + 40, mac, True] for n in arp for mac in (answers or {}).get(n, (A,))]}


class Figures(unittest.TestCase):
    def test_gap_is_the_longest_one_and_not_the_sum(self):
        seen = probe(lost=[*range(100, 130), *range(500, 505)])
        self.assertEqual(figures.gap(seen, BEGIN, BEGIN + 1000 * MS), (30.0, 35))

    def test_only_the_window_counts(self):
        seen = probe(lost=[*range(100, 130), *range(500, 505)])
        self.assertEqual(figures.gap(seen, BEGIN + 400 * MS, BEGIN + 900 * MS), (5.0, 5))

    def test_a_late_answer_is_none(self):
        self.assertEqual(figures.gap(probe(slow=[200]), BEGIN, BEGIN + 900 * MS), (1.0, 1))

    def test_a_gap_without_end_lasts_until_the_end(self):
        seen = probe(lost=range(700, 1000))
        self.assertEqual(figures.gap(seen, BEGIN, BEGIN + 950 * MS)[0], 250.0)

    def test_a_clean_move(self):
        seen = probe(answers={n: (B,) for n in range(150, 500)} | {n: () for n in range(145, 150)})
        self.assertEqual(figures.owners(seen, BEGIN + 100 * MS, BEGIN + 990 * MS, A), (0.0, 1, 200.0, B))

    def test_two_owners(self):
        seen = probe(answers={n: (A, B) for n in range(150, 160)} | {n: (B,) for n in range(160, 500)})
        overlap, moves, moved, now = figures.owners(seen, BEGIN, BEGIN + 990 * MS, A)
        self.assertEqual((overlap, moves, moved, now), (20.0, 1, 300.0, B))

    def test_there_and_back_are_two_moves(self):
        seen = probe(answers={n: (B,) for n in range(150, 200)})
        self.assertEqual(figures.owners(seen, BEGIN, BEGIN + 990 * MS, A)[1], 2)

    def test_announcements_are_no_answers(self):
        seen = probe()
        seen["claims"].append([100, 200_100, B, False])
        self.assertEqual(figures.owners(seen, BEGIN, BEGIN + 990 * MS, A), (0.0, 0, None, A))

    def test_lateness(self):
        self.assertEqual(figures.lateness_ms(probe(late=[300]), BEGIN, BEGIN + 900 * MS), 5.0)
        self.assertEqual(figures.lateness_ms(probe(late=[300]), BEGIN + 400 * MS, BEGIN + 900 * MS), 0.0)

    def test_percentiles_are_values_that_occurred(self):
        values = list(range(1, 31))
        self.assertEqual([figures.percentile(values, p) for p in (50, 95, 100)], [15, 29, 30])
        self.assertIsNone(figures.percentile([], 95))


if __name__ == "__main__":
    unittest.main()
