"""How each kind of scenario is measured: products side by side, in slices, in random order."""

import json
import os
import random
import re
import subprocess
import time
from pathlib import Path

import measure
from products import (BACKEND_HTTP, BACKEND_TCP, OTHERS_CPU, PRODUCTS, Haproxy, Nginx, listens, max_connections,
                      wait_until)
from scenarios import BROWSER_HEADERS

CONTROL = "haproxy again"  # the A/A control
MAX_STEAL = 0.02
RELOADS = 10


class Bench:
    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        self.random = random.Random(arguments.seed)
        self.headers = directory / "headers"
        self.headers.write_text(BROWSER_HEADERS)
        self.port = 8000

    def run(self, scenario):
        """The scenario's results, as they go into the JSON."""
        return {"load": self.run_load, "idle": self.run_idle, "reload": self.run_reload,
                "pick": self.run_pick}[scenario.kind](scenario)

    def tool(self, name):
        return str(self.arguments.bin / f"tandem-{name}")

    def beside(self, argv, **popen):
        """Starts a program of the benchmark's own on the other CPU."""
        return subprocess.Popen(argv, preexec_fn=lambda: os.sched_setaffinity(0, {OTHERS_CPU}), **popen)

    def start_backend(self):
        self.beside([self.tool("bench-backend"), "--port", str(BACKEND_HTTP), "--tcp-port", str(BACKEND_TCP)],
                    stdout=subprocess.DEVNULL)
        wait_until(lambda: listens(BACKEND_HTTP), "the backend")

    def start_products(self, scenario):
        """{label: running product}; a product that cannot play is left out, and that is said."""
        names = self.arguments.products.split(",")
        if scenario.bulk and not scenario.tls and "haproxy" in names:
            names.insert(names.index("haproxy") + 1, "haproxy+splice")
        if scenario.kind == "load" and "lbd" in names:
            names.insert(names.index("lbd") + 1, "lbd+epoll")
        left_out = dict(scenario.leave_out)
        if "lbd" in left_out:
            left_out["lbd+epoll"] = left_out["lbd"]
        if scenario.tcp and not Path(Nginx.stream_module).exists():
            left_out["nginx"] = "its stream module is not installed"
        names = [name for name in names if name not in left_out]
        if "haproxy" in names and scenario.kind == "load":
            names.append(CONTROL)
        running = {}
        for label in names:
            self.port += 1
            product = (Haproxy if label == CONTROL else PRODUCTS[label])(self.directory, self.port, scenario)
            product.start()
            running[label] = product
        return running

    def load_arguments(self, product, scenario, requests):
        if scenario.h2load:
            return ["h2load", *scenario.h2load, "-n", str(requests), f"https://127.0.0.1:{product.http}/"]
        port = product.tcp if scenario.tcp else product.http
        argv = [self.tool("load"), "--target", f"127.0.0.1:{port}", *scenario.load, "--requests", str(requests)]
        if scenario.headers:
            argv += ["--headers", str(self.headers)]
        if self.arguments.rate:
            argv += ["--rate", str(self.arguments.rate)]
        return argv

    def load(self, product, scenario, requests):
        """Runs the load to its end; what it saw, or RuntimeError if an answer was missing or wrong."""
        argv = self.load_arguments(product, scenario, requests)
        done = self.beside(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = done.communicate(timeout=300)
        seen = h2load_figures(out) if scenario.h2load else json.loads(out or "{}")
        if done.returncode != 0 or seen.get("completed") != requests:
            raise RuntimeError(f"{product.name}, {scenario.name}: not {requests} right answers: {out[-2000:]} {err}")
        return seen

    def slice(self, product, scenario):
        """One slice of load: CPU microseconds per request, and what the load saw."""
        requests = max(200, int(scenario.requests * self.arguments.scale))
        before = measure.cpu_ns(product.pid)
        seen = self.load(product, scenario, requests)
        spent = measure.cpu_ns(product.pid) - before
        if product.log.exists():
            os.truncate(product.log, 0)
        return {"cpu_us": spent / requests / 1000, "rate": requests / seen["seconds"],
                "p50_us": seen.get("p50_us"), "p99_us": seen.get("p99_us")}

    def run_load(self, scenario):
        running = self.start_products(scenario)
        rounds = []
        try:
            for product in running.values():  # warm: pools filled, code in the caches
                self.slice(product, scenario)
            upstream = {label: measure.connections_to(p.pid, BACKEND_TCP if scenario.tcp else BACKEND_HTTP)
                        for label, p in running.items()}
            discarded = 0
            while len(rounds) < self.arguments.rounds:
                order = list(running)
                self.random.shuffle(order)
                before = measure.cpu_times()
                taken = {label: self.slice(running[label], scenario) for label in order}
                if measure.steal_fraction(before, measure.cpu_times()) > MAX_STEAL and discarded < self.arguments.rounds:
                    discarded += 1
                    continue
                rounds.append(taken)
        finally:
            stop_all(running)
        return {"rounds": rounds, "discarded_for_steal": discarded, "upstream_connections": upstream}

    def run_idle(self, scenario):
        running = self.start_products(scenario)
        count = min(scenario.connections, max_connections() - 100)
        try:
            # Some traffic first, so that start-up costs are not counted as the connections'.
            memory = {label: self.idle_memory(product, scenario, count) for label, product in running.items()
                      if self.load(product, scenario, 5_000)}
        finally:
            stop_all(running)
        return {"bytes_per_connection": memory, "connections": count}

    def idle_memory(self, product, scenario, count):
        before = measure.user_memory(product.pid)
        argv = [self.tool("load"), "--target", f"127.0.0.1:{product.http}", "--hold", "--connections", str(count), "--rate", "5000"]
        holder = self.beside(argv, stdout=subprocess.PIPE, text=True)
        try:
            if holder.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{product.name}: could not hold {count} connections")
            time.sleep(1.5)  # let it give back what it holds for a while
            return (measure.user_memory(product.pid) - before) / count
        finally:
            holder.terminate()
            holder.wait(30)

    def run_reload(self, scenario):
        """{label: {"requests", "failed", "errors"}}: what clients saw of the reloads."""
        running = self.start_products(scenario)
        seen = {}
        try:
            for label, product in running.items():
                argv = self.load_arguments(product, scenario, scenario.requests)
                load = self.beside(argv, stdout=subprocess.PIPE, text=True)
                for generation in range(1, RELOADS + 1):
                    time.sleep(0.3)
                    product.reload(generation)
                    wait_until(lambda: product.generation() == generation, f"{label} to use its new configuration", product)
                figures = json.loads(load.communicate(timeout=120)[0])
                seen[label] = {"requests": scenario.requests, "failed": scenario.requests - figures["completed"],
                               "errors": figures["errors"], "p99_us": figures["p99_us"]}
        finally:
            stop_all(running)
        return {"reloads": RELOADS, "seen": seen}

    def run_pick(self, _scenario):
        out = subprocess.run([self.tool("bench-pick")], check=True, capture_output=True, text=True).stdout
        return {"nanoseconds": json.loads(out)}


def stop_all(running):
    for product in running.values():
        product.stop()


def h2load_figures(out):
    """What h2load's report says; its latencies are means, so no percentiles."""
    done = re.search(r"(\d+) succeeded, (\d+) failed", out)
    seconds = re.search(r"finished in ([\d.]+)(m?s)", out)
    if not done or not seconds:
        return {}
    return {"completed": int(done[1]), "seconds": float(seconds[1]) / (1000 if seconds[2] == "ms" else 1)}
