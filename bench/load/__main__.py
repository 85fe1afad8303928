"""Make one load: `python -m bench.load` takes an `Order` on stdin and writes a `Report` to stdout."""

from __future__ import annotations

import gc
import sys
import time
from typing import Final

import msgspec

from bench.load import closed_loop, open_loop
from bench.load.lines import LineLost, Lines
from bench.load.orders import Order, Report
from bench.load.tally import Tally, percentiles
from bench.load.work import Work, work

DRAIN: Final = 30.0
"""Seconds that the last answers may take."""

FOREVER: Final = 600.0
"""Seconds for a load that is bounded by a count."""


def run(order: Order) -> Report:
    """Make the load and report it."""
    doing = work(order.work)
    with Lines(order.port, order.connections) as lines:
        began = time.monotonic_ns()
        begin = began + int(order.warm_up * 1e9)
        end = begin + int((FOREVER if order.seconds is None else order.seconds) * 1e9)
        tally = Tally(doing, begin, end)
        used = time.process_time()
        try:
            make(order, lines, doing, tally, began)
        except LineLost as error:
            tally.wrong[str(error)] += 1
        if lines.waiting:
            tally.wrong["without an answer"] += lines.waiting
        stopped = time.monotonic_ns()
        busy = (time.process_time() - used) / (stopped - began) * 1e9
    return report(order, doing, tally, min(stopped, end), busy)


def make(order: Order, lines: Lines, doing: Work, tally: Tally, began: int) -> None:
    """Send and receive until the end."""
    give_up = tally.end + int(DRAIN * 1e9)
    if order.pace is None:
        closed_loop.run(lines, doing, tally, sys.maxsize if order.requests is None else order.requests, give_up)
    else:
        open_loop.run(lines, doing, tally, open_loop.schedule(order.pace, began, tally.end), give_up)


def report(order: Order, doing: Work, tally: Tally, end: int, busy: float) -> Report:
    """Sum up the counts; `end` is that of the measured part."""
    seconds = max(end - tally.begin, 1) / 1e9
    if order.unique and len(set(doing.ids)) != len(doing.ids):
        tally.wrong["an id that was made before"] += len(doing.ids) - len(set(doing.ids))
    spacing = max(1, len(doing.ids) // order.samples) if order.samples else 0
    return Report(
        acknowledged=tally.acknowledged,
        refused=dict(tally.refused),
        wrong=dict(tally.wrong),
        rate=tally.answered / seconds,
        latency=percentiles(tally.took),
        late=percentiles(tally.late),
        busy=busy,
        began=tally.begin / 1e9,
        seconds=seconds,
        sampled=doing.ids[::spacing][: order.samples] if spacing else [],
        times=[took / 1e6 for took in tally.took] if order.connections == 1 else [],
        slices=tally.slices(order.slices),
    )


def main() -> None:
    """Read the order, make the load, write the report."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    gc.disable()  # a collection would count as the server's latency, and nothing here makes cycles
    try:
        sys.stdout.buffer.write(msgspec.json.encode(run(order)))
    except ConnectionRefusedError:
        sys.exit(f"nothing listens on port {order.port}")


if __name__ == "__main__":
    main()
