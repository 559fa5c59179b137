"""The results of a drill: the table, the verdicts, and the table once more for the documentation."""

from drill_faults import FAULTS
from drill_figures import percentile

OURS = "tandem"
ARP_PERIOD_MS = 2


class Row:
    """The runs of one phase of one product with one advert interval."""

    def __init__(self, fault, phase, interval_ms, product, runs):
        self.fault, self.phase, self.interval_ms, self.product, self.runs = fault, phase, interval_ms, product, runs

    def values(self, key):
        return [run[key] for run in self.runs if run[key] is not None]

    def of(self, key, percent):
        return percentile(self.values(key), percent)

    @property
    def flaps(self):
        """Changes of the owner beyond what the fault asks for."""
        return sum(max(0, moves - (1 if self.phase.moves is None else self.phase.moves)) for moves in self.values("moves"))

    @property
    def stale(self):
        """Runs at whose end a node that was not the owner had the address."""
        return sum(bool(left) for left in self.values("left"))


def rows(results):
    """{(fault, phase's title, interval): {product: Row}} in the order of the faults. `results`: (job, phases) of each run."""
    collected = {}
    for (product, interval_ms, name), phases in results:
        for run in phases:
            collected.setdefault((name, run["phase"], interval_ms, product), []).append(run)
    table = {}
    for interval_ms in sorted({key[2] for key in collected}, reverse=True):
        for fault in FAULTS:
            for phase in fault.phases:
                found = {key[3]: Row(fault, phase, interval_ms, key[3], runs) for key, runs in collected.items()
                         if key[:3] == (fault.name, phase.title, interval_ms)}
                if found:
                    table[fault.name, phase.title, interval_ms] = found
    return table


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


HEAD = ("product", "runs", "gap p50", "p95", "max", "lost", "moved p50", "p95", "overlap p95", "max", "flaps", "stale", "late")


def show(table):
    """The whole table; times in ms."""
    form = "  {:<11}{:>5} {:>9}{:>8}{:>8}{:>7} {:>10}{:>8} {:>12}{:>8} {:>6}{:>6} {:>6}"
    last = None
    for (name, title, interval_ms), products in table.items():
        if interval_ms != last:
            print(f"\nadverts each {interval_ms} ms; all times in ms\n" + form.format(*HEAD))
            last = interval_ms
        print(f"{title}  [{name}]")
        for product in sorted(products, reverse=True):
            row = products[product]
            print(form.format(
                product, len(row.runs), *(number(row.of("gap_ms", p)) for p in (50, 95, 100)), number(row.of("lost", 50)),
                *(number(row.of("moved_ms", p)) for p in (50, 95)), *(number(row.of("overlap_ms", p)) for p in (95, 100)),
                row.flaps, row.stale, number(row.of("late_ms", 100))))


def limits(row):
    """(what, value, limit) for everything that our row is judged by."""
    ninety_five, every = row.phase.gap.get(row.interval_ms, (None, None))
    if ninety_five is not None:
        yield "gap p95", row.of("gap_ms", 95), ninety_five
    if every is not None:
        yield "gap max", row.of("gap_ms", 100), every
    if row.phase.overlap is not None:
        yield "overlap max", row.of("overlap_ms", 100), max(row.phase.overlap * row.interval_ms,
                                                            ARP_PERIOD_MS if row.phase.handover else 0)
    if row.phase.moves is not None:
        yield "flaps", row.flaps, 0
    if row.phase.stale:
        yield "stale", row.stale, 0


def judge(table):
    """Prints each limit that ours has, keepalived's value beside it; returns how many it misses."""
    missed = 0
    print("\nverdict")
    for (_, title, interval_ms), products in table.items():
        if OURS not in products:
            continue
        theirs = dict((what, value) for product, row in products.items() if product != OURS
                      for what, value, _ in limits(row))
        for what, value, limit in limits(products[OURS]):
            failed = value is None or value > limit
            missed += failed
            beside = f"   keepalived {number(theirs[what])}" if what in theirs else ""
            print(f"{'FAIL' if failed else 'ok  '}  {interval_ms:>3} ms  {title}: {what} {number(value)} (at most {limit:g}){beside}")
    return missed


def markdown(table):
    """The table of doc/FAILOVER.md."""
    lines, last = [], None
    for (_, title, interval_ms), products in table.items():
        if interval_ms != last:
            lines += [f"\nAdverts each {interval_ms} ms; times in ms, ours / keepalived's.\n",
                      "| fault | gap p50 | gap p95 | gap max | moved p50 | overlap max | flaps | stale | runs |",
                      "|---|---|---|---|---|---|---|---|---|"]
            last = interval_ms
        ordered = [products.get(product) for product in (OURS, "keepalived")]

        def beside(value):
            return " / ".join("" if row is None else value(row) for row in ordered).strip(" /") or "-"
        lines.append(f"| {title} | " + " | ".join([
            *(beside(lambda row, p=p: number(row.of("gap_ms", p))) for p in (50, 95, 100)),
            beside(lambda row: number(row.of("moved_ms", 50))), beside(lambda row: number(row.of("overlap_ms", 100))),
            beside(lambda row: str(row.flaps)), beside(lambda row: str(row.stale)),
            beside(lambda row: str(len(row.runs)))]) + " |")
    return "\n".join(lines).strip() + "\n"
