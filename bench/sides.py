"""Sides that are loaded in turn, so that a change in the machine's speed affects all of them."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bench.load.orders import Report, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
    """The reports of each side by its name, in the order of the rounds; `cpu` is the server's CPU time in seconds.

    `parts` is the CPU time of other processes, or of a part of the server's, by the side and the name of the part.
    """

    sides: dict[str, list[Report]]
    cpu: dict[str, list[float]] = msgspec.field(default_factory=dict)
    parts: dict[str, dict[str, list[float]]] = msgspec.field(default_factory=dict)

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
        return statistics.median(self._a_request(side, self.cpu[side])) if side in self.cpu else None

    def part_a_request(self, side: str, part: str) -> float | None:
        """Give the same of a part; None when it was not measured."""
        used = self.parts.get(side, {}).get(part)
        return None if used is None else statistics.median(self._a_request(side, used))

    def _a_request(self, side: str, used: Sequence[float]) -> list[float]:
        pairs = zip(used, self.sides[side], strict=True)
        return [seconds / max(report.acknowledged, 1) * 1e6 for seconds, report in pairs]

    def cpu_ratio(self, side: str, other: str) -> Ratio:
        """Give the ratio of the CPU time a request, each to that of the other side in the same round."""
        used = (self._a_request(name, self.cpu[name]) for name in (side, other))
        return spread([one / beside for one, beside in zip(*used, strict=True)])

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
    """A server and the work that it gets in a round; `unique` unless it answers the same id each time.

    `parts` gives CPU times in seconds by the names of the parts, always of the same.
    """

    name: str
    server: Server
    work: Callable[[], Work]
    unique: bool = True
    parts: Callable[[], Mapping[str, float]] = dict


def in_turn(
    setting: Setting, what: str, sides: Sequence[Side], rounds: int | None = None, seconds: float | None = None
) -> Rounds:
    """Load one side after the other in each round, every second round in reverse order."""
    reports: dict[str, list[Report]] = {side.name: [] for side in sides}
    cpu: dict[str, list[float]] = {side.name: [] for side in sides}
    parts: dict[str, dict[str, list[float]]] = {}
    count = setting.amounts.rounds if rounds is None else rounds
    for number in range(1, count + 1):
        for side in sides if number % 2 else reversed(sides):
            setting.timeline.show(f"{what}, round {number} of {count}: {side.name}")
            before, before_of = side.server.cpu_seconds(), side.parts()
            report = setting.load_for_seconds(side.server, side.work(), seconds, unique=side.unique)
            cpu[side.name].append(side.server.cpu_seconds() - before)
            for part, seconds_used in side.parts().items():
                parts.setdefault(side.name, {}).setdefault(part, []).append(seconds_used - before_of[part])
            reports[side.name].append(report)
    return Rounds(reports, cpu, parts)
