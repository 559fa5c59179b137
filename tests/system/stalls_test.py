#!/usr/bin/env python3
"""What the watch on the machine makes of made-up stalls: whom they excuse, and whom not."""

import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from stalls import Stalls, union_ms  # noqa: E402

MS = 1_000_000
WATCH = """#!/bin/sh
echo "10000000 20000000 machine"
echo "15000000 30000000 ordinary"
echo "100000000 102000000 ordinary"
exec sleep 60
"""


class MadeUp(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        program = Path(self.directory.name) / "watch"
        program.write_text(WATCH)
        program.chmod(0o755)
        self.stalls = Stalls(program, self.directory.name)
        while self.stalls.path.read_text().count("\n") < 3:
            time.sleep(0.001)

    def tearDown(self):
        self.stalls.close()
        self.directory.cleanup()

    def test_what_overlaps_counts_once(self):
        self.assertEqual(union_ms([(0, 4 * MS), (2 * MS, 6 * MS), (9 * MS, 10 * MS), (3 * MS, 5 * MS)]), 7)
        self.assertEqual(self.stalls.total_ms(0, 200 * MS), 22)
        self.assertEqual(self.stalls.total_ms(0, 200 * MS, real_time=True), 10)

    def test_only_what_lies_between_the_moments_counts(self):
        self.assertEqual(self.stalls.total_ms(18 * MS, 25 * MS), 7)
        self.assertEqual(self.stalls.total_ms(40 * MS, 90 * MS), 0)

    def test_a_limit_grows_by_the_stalls_and_by_no_more(self):
        self.stalls.at_most("a move", 69, 50, 0, 69 * MS)
        with self.assertRaises(AssertionError):
            self.stalls.at_most("a move", 71, 50, 0, 71 * MS)
        with self.assertRaises(AssertionError):
            self.stalls.at_most("a move of programs in real time", 69, 50, 0, 69 * MS, real_time=True)
        with self.assertRaises(AssertionError):
            self.stalls.at_most("a move in peace", 51, 50, 40 * MS, 91 * MS)

    def test_only_a_long_stall_is_worth_a_second_measurement(self):
        self.assertIn("10.0 ms", self.stalls.described(0, 40 * MS))
        self.assertEqual(self.stalls.described(40 * MS, 200 * MS), "")

    def test_a_watch_that_has_ended_excuses_nobody(self):
        self.stalls.close()
        with self.assertRaises(RuntimeError):
            self.stalls.total_ms(0, 200 * MS)


if __name__ == "__main__":
    unittest.main()
