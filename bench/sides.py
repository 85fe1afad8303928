"""Sides that are loaded in turn, so that a machine that grows slower or faster meanwhile moves them all."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bench.load.orders import Report, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.servers import Server
    from bench.setting import Setting


class Ratio(NamedTuple):
    """One side over another: the median of the rounds, the lowest and the highest."""

    median: float
    lowest: float
    highest: float


def spread(ratios: Sequence[float]) -> Ratio:
    """Sum up some ratios."""
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


class Rounds(msgspec.Struct, frozen=True):
    """The reports of each side by its name, in the order in which the rounds ran."""

    sides: dict[str, list[Report]]

    def rate(self, side: str) -> float:
        """Give the median of the rounds, in right answers a second."""
        return statistics.median(report.rate for report in self.sides[side])

    def p50(self, side: str) -> float:
        """Give the median of the rounds' p50, in ms."""
        return statistics.median(report.latency.p50 for report in self.sides[side])

    def p99(self, side: str) -> float:
        """Give the median of the rounds' p99, in ms."""
        return statistics.median(report.latency.p99 for report in self.sides[side])

    def ratio(self, side: str, other: str) -> Ratio:
        """Give the ratio of the rates, each to that of the other side in the same round."""
        pairs = zip(self.sides[side], self.sides[other], strict=True)
        return spread([one.rate / beside.rate for one, beside in pairs])

    def acknowledged(self, *sides: str) -> int:
        """Count the right answers of these sides, those of the warm-up included."""
        return sum(report.acknowledged for side in sides for report in self.sides[side])

    def busiest(self) -> float:
        """Give the largest share of its core that the generator used."""
        return max(report.busy for reports in self.sides.values() for report in reports)


class Side(NamedTuple):
    """A server and the work that it gets in a round; `unique` unless it answers the same id each time."""

    name: str
    server: Server
    work: Callable[[], Work]
    unique: bool = True


def in_turn(setting: Setting, what: str, sides: Sequence[Side], rounds: int | None = None) -> Rounds:
    """Load one side after the other, as often as there are rounds."""
    reports: dict[str, list[Report]] = {side.name: [] for side in sides}
    count = setting.amounts.rounds if rounds is None else rounds
    for number in range(1, count + 1):
        for side in sides:
            setting.timeline.tell(f"{what}, round {number} of {count}: {side.name}")
            reports[side.name].append(setting.load_for_seconds(side.server, side.work(), unique=side.unique))
    return Rounds(reports)
