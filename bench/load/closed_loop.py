"""The closed loop: each connection sends its next request when it has the answer to the last one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.load.lines import Lines
    from bench.load.tally import Tally
    from bench.load.work import Work


def run(lines: Lines, work: Work, tally: Tally, requests: int, give_up: int) -> None:
    """Send at most so many requests until the end of the measured part, and wait for each answer."""
    left = requests
    now = time.monotonic_ns()
    for line in lines.all:
        request = work.next() if left > 0 else None
        if request is None:
            break
        lines.send(line, request, now)
        left -= 1
    while lines.waiting and now < give_up:
        for line, answer in lines.answers(give_up):
            now = time.monotonic_ns()
            tally.count(line.about, answer, now, now - line.since)
            if now >= tally.end or left <= 0:
                continue
            request = work.next()
            if request is not None:
                lines.send(line, request, time.monotonic_ns())
                left -= 1
        now = time.monotonic_ns()
