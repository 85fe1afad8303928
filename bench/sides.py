"""Sides that are loaded in turn, so that a change in the machine's speed affects all of them."""

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


def spread(values: Sequence[float]) -> Ratio:
    """Give the median, the lowest and the highest."""
    return Ratio(statistics.median(values), min(values), max(values))


class Rounds(msgspec.Struct, frozen=True):
    """The reports of each side by its name, in the order of the rounds; `cpu` is the server's CPU time in seconds."""

    sides: dict[str, list[Report]]
    cpu: dict[str, list[float]] = msgspec.field(default_factory=dict)

    def rate(self, side: str) -> float:
        """Give the median of the rounds, in right answers a second."""
        return statistics.median(report.rate for report in self.sides[side])

    def p50(self, side: str) -> float:
        """Give the median of the rounds' p50, in ms."""
        return statistics.median(report.latency.p50 for report in self.sides[side])

    def p99(self, side: str) -> float:
        """Give the median of the rounds' p99, in ms."""
        return statistics.median(report.latency.p99 for report in self.sides[side])

    def cpu_a_request(self, side: str) -> float | None:
        """Give the median of the rounds' CPU time of the server a request, in µs; None when it was not measured."""
        if side not in self.cpu:
            return None
        pairs = zip(self.cpu[side], self.sides[side], strict=True)
        return statistics.median(used / max(report.acknowledged, 1) * 1e6 for used, report in pairs)

    def ratio(self, side: str, other: str) -> Ratio:
        """Give the ratio of the rates, each to that of the other side in the same round."""
        pairs = zip(self.sides[side], self.sides[other], strict=True)
        return spread([one.rate / beside.rate for one, beside in pairs])

    def acknowledged(self, *sides: str) -> int:
        """Count the right answers of these sides, including those of the warm-up."""
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


def in_turn(
    setting: Setting, what: str, sides: Sequence[Side], rounds: int | None = None, seconds: float | None = None
) -> Rounds:
    """Load one side after the other in each round, every second round in reverse order."""
    reports: dict[str, list[Report]] = {side.name: [] for side in sides}
    cpu: dict[str, list[float]] = {side.name: [] for side in sides}
    count = setting.amounts.rounds if rounds is None else rounds
    for number in range(1, count + 1):
        for side in sides if number % 2 else reversed(sides):
            setting.timeline.show(f"{what}, round {number} of {count}: {side.name}")
            before = side.server.cpu_seconds()
            report = setting.load_for_seconds(side.server, side.work(), seconds, unique=side.unique)
            cpu[side.name].append(side.server.cpu_seconds() - before)
            reports[side.name].append(report)
    return Rounds(reports, cpu)
