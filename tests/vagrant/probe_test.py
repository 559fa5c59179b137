#!/usr/bin/env python3
"""The probe of the Vagrant lab: when it ends, and that no outage escapes it."""

import http.server
import json
import subprocess
import sys
import threading
import unittest
from pathlib import Path

PROBE = Path(__file__).resolve().parents[2] / "vagrant/guest/probe.py"
RATE = 20


class Server(http.server.ThreadingHTTPServer):
    """Answers the requests whose number (from 0) is in `answered`, refuses the others with 503."""

    def __init__(self, answered):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answered = answered
        self.count = 0
        self.changed = threading.Condition()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def next_status(self):
        with self.changed:
            self.count += 1
            self.changed.notify_all()
            return 200 if self.count - 1 in self.answered else 503

    def wait_for(self, count):
        with self.changed:
            return self.changed.wait_for(lambda: self.count >= count, 20)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(self.server.next_status())
        self.send_header("X-Backend", "b1")
        self.send_header("Set-Cookie", "STICKY=b1; Path=/")
        self.end_headers()

    def log_message(self, *_):
        pass


class Probing(unittest.TestCase):
    def probe(self, answered, seconds, *options, stdin=subprocess.DEVNULL):
        self.server = Server(answered)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        program = subprocess.Popen(
            [sys.executable, PROBE, *options, f"127.0.0.1:{self.server.server_port}", str(seconds), str(RATE)],
            stdin=stdin, stdout=subprocess.PIPE, text=True)
        self.addCleanup(program.kill)
        return program

    def result(self, program):
        return json.loads(program.communicate(timeout=20)[0])

    def test_it_ends_by_itself(self):
        result = self.result(self.probe(range(100), 0.5))
        self.assertEqual(result["requests"], 0.5 * RATE)
        self.assertEqual((result["failures"], result["backends"], result["cookie"]),
                         ({}, {"b1": result["requests"]}, "STICKY=b1"))

    def test_an_open_end_lasts_until_it_is_told(self):
        program = self.probe(range(10_000), 600, "--until-eof", stdin=subprocess.PIPE)
        self.assertTrue(self.server.wait_for(RATE))
        self.assertIsNone(program.poll())
        result = self.result(program)  # communicate() ends its standard input
        self.assertGreaterEqual(result["requests"], RATE)
        self.assertEqual(result["failures"], {})

    def test_an_open_end_has_a_bound(self):
        program = self.probe(range(100), 0.5, "--until-eof", stdin=subprocess.PIPE)
        self.assertEqual(program.wait(20), 0)
        self.assertEqual(self.result(program)["requests"], 0.5 * RATE)

    def test_a_gap_between_two_answers(self):
        result = self.result(self.probe([*range(5), *range(15, 20)], 1))
        self.assertEqual(result["failures"], {"status 503": 10})
        self.assertGreater(result["longest_gap_ms"] + result["late_ms"], 400)

    def test_an_outage_without_an_end_counts(self):
        result = self.result(self.probe(range(5), 1))
        self.assertGreater(result["longest_gap_ms"] + result["late_ms"], 600)

    def test_an_outage_from_the_beginning_counts(self):
        result = self.result(self.probe(range(15, 20), 1))
        self.assertGreater(result["longest_gap_ms"], 700)

    def test_no_answer_at_all(self):
        result = self.result(self.probe([], 1))
        self.assertEqual(result["failures"], {"status 503": RATE})
        self.assertGreaterEqual(result["longest_gap_ms"], 900)


if __name__ == "__main__":
    unittest.main()
