"""The results as tables."""

import statistics

from bench import CONTROL, MAX_STEAL

PAIRS = (("lbd", "haproxy"), ("lbd", "haproxy+splice"), ("lbd", "nginx"), ("lbd", "pump"), ("lbd+epoll", "haproxy"), ("lbd+epoll", "nginx"), ("lbd+epoll", "pump"),
         ("lbd", "lbd+epoll"), (CONTROL, "haproxy"),
         ("nginx", "haproxy"), ("pump", "haproxy"))


def interval(values, chance):
    """Median, and the 95 % bootstrap interval of the median."""
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(2000))
    return statistics.median(values), medians[50], medians[-51]


def show(scenario, result, chance):
    """Prints the scenario's table; ratios are added to the result."""
    print(f"\n{scenario.title}  [{scenario.name}]")
    {"load": show_load, "idle": show_idle, "reload": show_reload, "pick": show_pick}[scenario.kind](result, chance)
    for product, reason in scenario.leave_out.items():
        if product == "lbd":
            print(f"  (lbd {reason})")


def median(values):
    """None where the load does not tell."""
    return None if None in values else statistics.median(values)


def microseconds(value):
    return f"{'-':>9}" if value is None else f"{value:>6.0f} µs"


def show_load(result, chance):
    rounds = result["rounds"]
    labels = [label for label in rounds[0] if label != CONTROL]
    print(f"  {'':<15} {'CPU/request':>12} {'requests/s':>11} {'p50':>9} {'p99':>9} {'upstream connections':>21}")
    for label in labels:
        cpu, rate, p50, p99 = (median([r[label][key] for r in rounds]) for key in ("cpu_us", "rate", "p50_us", "p99_us"))
        print(f"  {label:<15} {cpu:>9.2f} µs {rate:>11.0f} {microseconds(p50)} {microseconds(p99)} "
              f"{result['upstream_connections'][label]:>21}")
    result["ratios"] = {}
    for ours, theirs in PAIRS:
        if ours not in rounds[0] or theirs not in rounds[0]:
            continue
        middle, low, high = interval([r[ours]["cpu_us"] / r[theirs]["cpu_us"] for r in rounds], chance)
        note = "   (the same product twice: noise)" if ours == CONTROL else ""
        print(f"  {ours + ' / ' + theirs:<24} {middle:.3f}   [{low:.3f} … {high:.3f}]{note}")
        result["ratios"][f"{ours}/{theirs}"] = {"median": middle, "low": low, "high": high}
    if result["discarded_for_steal"]:
        print(f"  ({result['discarded_for_steal']} rounds discarded: the hypervisor took more than {MAX_STEAL:.0%} of the time)")


def show_idle(result, _chance):
    print(f"  {result['connections']} connections")
    for label, value in result["bytes_per_connection"].items():
        print(f"  {label:<15} {value / 1024:>9.2f} KiB each")


def show_reload(result, _chance):
    for label, seen in result["seen"].items():
        errors = ", ".join(f"{why}: {count}" for why, count in seen["errors"].items())
        print(f"  {label:<15} {seen['failed']:>6} of {seen['requests']} failed, p99 {seen['p99_us']:.0f} µs  {errors}")


def show_pick(result, _chance):
    sizes = list(next(iter(result["nanoseconds"].values())))
    print(f"  {'backends':<20}" + "".join(f"{size:>9}" for size in sizes))
    for algorithm, figures in result["nanoseconds"].items():
        print(f"  {algorithm:<20}" + "".join(f"{figures[size]:>6.0f} ns" for size in sizes))
