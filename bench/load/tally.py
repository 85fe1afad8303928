"""Count answers, and store the times of those that are measured."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from bench.load.answers import problem
from bench.load.orders import Latency, Slice

if TYPE_CHECKING:
    from bench.load.answers import Answer
    from bench.load.work import Work


class Tally:
    """Verifies and counts answers, and stores the times of those in the measured part, in ns."""

    def __init__(self, work: Work, begin: int, end: int) -> None:
        """Measure from `begin` to `end` of the monotonic clock (ns)."""
        self.begin = begin
        self.end = end
        self.acknowledged = 0
        self.answered = 0
        self.refused: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.took = array("q")
        self.late = array("q")
        self._at = array("q")
        self._is_right = work.is_right

    def count(self, about: str, answer: Answer, at: int, took: int) -> None:
        """Verify an answer; `at` decides whether it is measured."""
        try:
            right = self._is_right(about, answer)
        except msgspec.DecodeError as error:
            self.wrong[f"another shape: {error}"] += 1
            return
        if not right:
            self._count_other(answer)
            return
        self.acknowledged += 1
        self.answered += self._measure(at, took)

    def never_sent(self, at: int, waited: int) -> None:
        """Count a request that found no connection, with its wait (ns)."""
        self.refused["never sent"] += 1
        self._measure(at, waited)

    def _measure(self, at: int, took: int) -> bool:
        measured = self.begin <= at < self.end
        if measured:
            self._at.append(at)
            self.took.append(took)
        return measured

    def _count_other(self, answer: Answer) -> None:
        refusal = problem(answer)
        if refusal is None:
            self.wrong[f"{answer.status.decode('latin-1')} about something else"] += 1
        else:
            self.refused[refusal] += 1

    def slices(self, count: int) -> list[Slice]:
        """Cut the measured part into so many parts, and leave out those without a request."""
        width = max(1, (self.end - self.begin) // max(1, count))
        parts: dict[int, list[int]] = {}
        for at, took in zip(self._at, self.took, strict=True):
            parts.setdefault((at - self.begin) // width, []).append(took)
        return [cut((number + 0.5) * width / 1e9, took) for number, took in sorted(parts.items())] if count else []


def cut(at: float, nanoseconds: list[int]) -> Slice:
    """Sum up one part."""
    latency = percentiles(nanoseconds)
    return Slice(round(at, 3), len(nanoseconds), latency.p50, latency.p99, latency.longest)


def percentiles(nanoseconds: array[int] | list[int]) -> Latency:
    """Take the percentiles of some times, by nearest rank, in ms."""
    times = sorted(nanoseconds) or [0]

    def at(share: float) -> float:
        return times[min(len(times) - 1, int(share * len(times)))] / 1e6

    return Latency(p50=at(0.5), p90=at(0.9), p99=at(0.99), p999=at(0.999), longest=at(1.0))
