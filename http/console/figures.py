"""Figures: what the samples of the history say, for a script that draws them and for people who read a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from seatkeeper.http.console.history import SIGN_UP, Sample
from seatkeeper.http.events_out.words import label
from seatkeeper.http.observability.metrics import SECONDS

WINDOWS = (("the last minute", 60), ("5 minutes", 300), ("30 minutes", 1800))
"""The spans of the tables, with their seconds."""


class Point(msgspec.Struct, frozen=True):
    """A sample as the script of the overview reads it: times are in milliseconds, counts are of those `seconds`."""

    at: int
    seconds: float
    commands: Mapping[str, int]
    refusals: Mapping[str, int]
    commits: int
    median: float | None
    slowest: float | None
    live_actors: int | None
    position: int
    ready: bool


class Line(NamedTuple):
    """A line of a table: a name, and a number for each of the windows, None where there is none to give."""

    name: str
    values: Sequence[float | None]


class Summary(NamedTuple):
    """The tables of the overview."""

    counts: Sequence[Line]
    times: Sequence[Line]
    commands: Sequence[Line]
    refusals: Sequence[Line]


def points(samples: Sequence[Sample], after: int = 0) -> list[Point]:
    """Return what is to be drawn of the samples after a time in milliseconds."""
    return [_point(sample) for sample in samples if round(sample.at * 1000) > after]


def _point(sample: Sample) -> Point:
    return Point(
        at=round(sample.at * 1000),
        seconds=round(sample.seconds, 3),
        commands=sample.commands,
        refusals=sample.refusals,
        commits=sum(sample.commits),
        median=milliseconds(sample.commits, 0.5),
        slowest=milliseconds(sample.commits, 0.99),
        live_actors=sample.live_actors,
        position=sample.position,
        ready=sample.ready,
    )


def milliseconds(counts: Sequence[int], share: float) -> float | None:
    """Estimate within how many milliseconds this share of them was done, None if there were none.

    Between two bounds they are taken to be spread evenly, as Prometheus does; beyond the last bound it is that bound.
    """
    wanted = share * sum(counts)
    if not wanted:
        return None
    below = 0.0
    for bound, count, seen in zip(SECONDS, counts, accumulate(counts), strict=False):
        if seen >= wanted:
            return round(1000 * (below + (bound - below) * (1 - (seen - wanted) / count)), 2)
        below = bound
    return 1000 * SECONDS[-1]


def summary(samples: Sequence[Sample]) -> Summary:
    """Add up what was counted in each of the windows."""
    spans = [[sample for sample in samples if sample.at > samples[-1].at - seconds] for _, seconds in WINDOWS]
    commands = [_total(sample.commands for sample in span) for span in spans]
    refusals = [_total(sample.refusals for sample in span) for span in spans]
    commits = [[sum(each) for each in zip(*(sample.commits for sample in span), strict=True)] for span in spans]
    counts = (
        Line("Sign-ups", [count[SIGN_UP] for count in commands]),
        Line("Commands carried out", [count.total() for count in commands]),
        Line("Commands refused", [count.total() for count in refusals]),
        Line("Commits", [sum(count) for count in commits]),
    )
    times = (
        Line("Half of the commits took at most", [milliseconds(count, 0.5) for count in commits]),
        Line("99 % of the commits took at most", [milliseconds(count, 0.99) for count in commits]),
    )
    return Summary(counts, times, _by_kind(commands), _by_kind(refusals))


def _total(counted: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counted:
        total.update(each)
    return total


def _by_kind(counts: Sequence[Counter[str]]) -> Sequence[Line]:
    """Make a line of each kind, those with the most in the longest window first."""
    return [Line(label(name), [count[name] for count in counts]) for name, _ in counts[-1].most_common()]
