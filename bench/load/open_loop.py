"""The open loop: requests are due at times that are set beforehand and do not depend on the answers.

The latency of a request runs from the time at which it was due, so a stall of the service counts for each request that
was due in it; a closed loop would send fewer requests instead. A request that finds no free connection waits for one,
as it would in a client's pool, and that wait counts too.
"""

from __future__ import annotations

import itertools
import random
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.load.lines import Line, Lines
    from bench.load.orders import Pace
    from bench.load.tally import Tally
    from bench.load.work import Work


def run(lines: Lines, work: Work, tally: Tally, schedule: Iterator[int], give_up: int) -> None:
    """Send each request when it is due, and wait for its answer until `give_up` (ns) at most.

    A request that finds no connection until half of the time from the end to `give_up` has passed is never sent; it
    counts with the time that it has waited.
    """
    too_late = (tally.end + give_up) // 2
    free = deque(lines.all)
    overdue: deque[int] = deque()
    due = next(schedule, None)
    now = time.monotonic_ns()
    while (due is not None or overdue or lines.waiting) and now < give_up:
        if overdue and now > too_late:
            for since in overdue:
                tally.never_sent(since, now - since)
            overdue.clear()
        while due is not None and due <= now:
            if free and not overdue:
                tally.late.append(now - due)
                send(lines, free.popleft(), work, due)
            else:
                overdue.append(due)
            due = next(schedule, None)
            now = time.monotonic_ns()
        for line, answer in lines.answers(give_up if due is None else due):
            tally.count(line.about, answer, line.since, time.monotonic_ns() - line.since)
            if overdue:
                send(lines, line, work, overdue.popleft())
            else:
                free.append(line)
        now = time.monotonic_ns()


def send(lines: Lines, line: Line, work: Work, due: int) -> None:
    """Send the next request."""
    request = work.next()
    if request is None:
        raise RuntimeError("an open loop needs work without an end")
    lines.send(line, request, due)


def schedule(pace: Pace, begin: int, end: int) -> Iterator[int]:
    """Give the times at which requests are due, from `begin` on and before `end` (ns); the same for the same seed."""
    mean = 1e9 / pace.rate
    chance = random.Random(pace.seed)
    gaps = itertools.repeat(mean) if pace.even else (chance.expovariate(1.0) * mean for _ in itertools.repeat(None))
    times = itertools.accumulate(gaps, initial=float(begin))
    return itertools.takewhile(lambda due: due < end, map(int, times))
