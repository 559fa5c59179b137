"""From what a probe saw to figures. Pure: dictionaries in, numbers out. The definitions are in doc/FAILOVER.md."""

ANSWER_WITHIN_US = 10_000  # a later answer is none
LATE_US = 2_000            # a probe that was sent later than this proves nothing


def _window(series, begin_ns, end_ns):
    """(microsecond of the begin, of the end) on the series' own clock"""
    return (begin_ns - series["begin_ns"]) / 1000, (end_ns - series["begin_ns"]) / 1000


def lateness_ms(probe, begin_ns, end_ns):
    """How late a request was sent at most."""
    worst = 0
    for name in ("echo", "arp"):
        series = probe[name]
        begin, end = _window(series, begin_ns, end_ns)
        for number, sent in enumerate(series["sent_us"]):
            if begin <= sent <= end:
                worst = max(worst, sent - number * series["period_us"])
    return worst / 1000


def gap(probe, begin_ns, end_ns):
    """(longest gap in ms, requests lost) of the client between two moments.

    A gap begins when the first of consecutive unanswered requests is sent and ends when the next answered one is."""
    series = probe["echo"]
    begin, end = _window(series, begin_ns, end_ns)
    longest, lost, since = 0, 0, None
    for sent, after in zip(series["sent_us"], series["answered_after_us"]):
        if sent < begin:
            continue
        if sent > end:
            break
        if 0 <= after <= ANSWER_WITHIN_US:
            if since is not None:
                longest = max(longest, sent - since)
            since = None
        else:
            lost += 1
            since = sent if since is None else since
    if since is not None:
        longest = max(longest, end - since)
    return longest / 1000, lost


def claimants(probe, begin_ns, end_ns):
    """For each ARP request between two moments: when it was sent (us), and whose link-layer addresses answered it."""
    series = probe["arp"]
    begin, end = _window(series, begin_ns, end_ns)
    who = [set() for _ in series["sent_us"]]
    for request, _, mac, answer in probe["claims"]:
        if answer:
            who[request].add(mac)
    return [(sent, macs) for sent, macs in zip(series["sent_us"], who) if begin <= sent <= end]


def owners(probe, begin_ns, end_ns, before):
    """What the observer saw: overlap (ms), changes of the owner, ms until another one than `before` answered (None:
    never), and the last sole owner (`before` if nobody answered alone)."""
    period_ms = probe["arp"]["period_us"] / 1000
    begin, _ = _window(probe["arp"], begin_ns, end_ns)
    overlap, changes, moved, current = 0.0, 0, None, before
    for sent, macs in claimants(probe, begin_ns, end_ns):
        if len(macs) > 1:
            overlap += period_ms
        if moved is None and macs - {before}:
            moved = (sent - begin) / 1000
        if len(macs) == 1 and macs != {current}:
            changes += 1
            current = next(iter(macs))
    return overlap, changes, moved, current


def percentile(values, percent):
    """Nearest rank; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
