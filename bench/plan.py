"""The measures of each kind of run, in their order, with the time that each is expected to take."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.measures import (
    beside,
    cluster,
    commits,
    console,
    crowd,
    deliveries,
    engines,
    event_stream,
    finding,
    growth,
    heads,
    importing,
    pace,
    peers,
    restarts,
    sign_ups,
    stored,
    timers,
)
from bench.peers import registry
from bench.postgresql import Postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.results import Results
    from bench.setting import Amounts, Setting

ROUND: Final = 1.0
"""Seconds in which the processes of a round start and stop."""

PEERS: Final = registry.peers()

TOUCHED: Final = 1_000_000
SIZES: Final = [1_000_000, 10_000_000]
PARTS: Final = 20


class OutOfTime(Exception):
    """There is no time left for a measure."""


class Measure(NamedTuple):
    """A name, what to do, and the seconds that it is expected to take."""

    name: str
    take: Callable[[Setting, Results], None]
    expected: Callable[[Amounts], float]


def take_all(measures: tuple[Measure, ...], setting: Setting, results: Results, limit: float) -> None:
    """Take one measure after the other, and leave out those for which there is no time."""
    end = time.monotonic() + limit
    for measure in measures:
        expected = measure.expected(setting.amounts)
        setting.timeline.begin(expected)
        if time.monotonic() + expected > end:
            results.left_out.append(measure.name)
            continue
        try:
            with interrupted(end):
                measure.take(setting, results)
        except OutOfTime:
            results.left_out.append(measure.name)


@contextmanager
def interrupted(end: float) -> Iterator[None]:
    """Raise OutOfTime at this moment of the monotonic clock."""

    def ring(_number: int, _frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(end - time.monotonic(), 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def a_round(amounts: Amounts) -> float:
    """Seconds of one side in one round."""
    return amounts.warm_up + amounts.seconds + ROUND


def take_sign_ups(setting: Setting, results: Results) -> None:
    results.sign_ups = sign_ups.measure(setting)


def take_peers(setting: Setting, results: Results) -> None:
    if PEERS:
        results.peers = peers.measure(setting, PEERS)


def take_beside(setting: Setting, results: Results) -> None:
    results.beside = beside.measure(setting)


def take_pace(setting: Setting, results: Results) -> None:
    results.paced = pace.measure(setting)


def take_crowds(setting: Setting, results: Results) -> None:
    results.crowds = crowd.measure(setting)


def take_event_stream(setting: Setting, results: Results) -> None:
    results.event_stream = event_stream.measure(setting)


def take_deliveries(setting: Setting, results: Results) -> None:
    results.deliveries = deliveries.measure(setting)


def take_importing(setting: Setting, results: Results) -> None:
    results.importing = importing.measure(setting)


def take_finding(setting: Setting, results: Results) -> None:
    results.finding = finding.measure(setting, finding.SMALL, finding.FEW_ROUNDS)


def take_finding_among_many(setting: Setting, results: Results) -> None:
    results.finding = finding.measure(setting, finding.LARGE, finding.ROUNDS)


def take_console(setting: Setting, results: Results) -> None:
    results.console = console.measure(setting)


def take_growth(setting: Setting, results: Results) -> None:
    results.filled = growth.measure(setting)


def take_restarts(setting: Setting, results: Results) -> None:
    if results.filled is None:
        raise OutOfTime
    filled = results.filled.growth
    results.restarts = restarts.measure(setting, "full", filled.points[-1].accounts, filled.sampled)


def take_touched(setting: Setting, results: Results) -> None:
    results.touched = growth.grow(setting, "touched", TOUCHED, PARTS)


def take_timers(setting: Setting, results: Results) -> None:
    results.timers = timers.measure(setting)


def take_stored(setting: Setting, results: Results) -> None:
    results.stored = stored.measure(setting, SIZES)


def against(checkout: Path) -> tuple[Measure, ...]:
    """Give the measures of a run beside another commit."""

    def take(setting: Setting, results: Results) -> None:
        results.commits = commits.measure(setting, checkout)

    rounds = 3 * len(commits.MEASURES)
    return (Measure("another commit", take, lambda amounts: rounds * amounts.rounds * a_round(amounts) + 60),)


def on_postgresql(address: str) -> tuple[Measure, ...]:
    """Give the measures of a run on a PostgreSQL database beside a file."""

    def take(setting: Setting, results: Results) -> None:
        results.engines = engines.measure(setting, address)

    rounds = 3 * len(commits.MEASURES)
    return (Measure("PostgreSQL", take, lambda amounts: rounds * amounts.rounds * a_round(amounts) + 120),)


def on_cluster(address: str) -> tuple[Measure, ...]:
    """Give the measures of a run of a cluster, and of its writers, on a PostgreSQL database."""

    def take_cluster(setting: Setting, results: Results) -> None:
        results.clusters = cluster.measure(setting, Postgresql(address))

    def take_heads(setting: Setting, results: Results) -> None:
        results.heads = heads.measure(setting, Postgresql(address))

    loads = 2 * len(cluster.CONNECTIONS)
    return (
        Measure("cluster", take_cluster, lambda amounts: loads * amounts.rounds * a_round(amounts) + 90),
        Measure("head row", take_heads, lambda amounts: amounts.rounds * (amounts.commits / 10 + 20)),
    )


SHORT: Final = (
    Measure("sign-ups", take_sign_ups, lambda amounts: (4 * amounts.rounds + 1) * a_round(amounts) + 25),
    Measure("peers", take_peers, lambda amounts: peers.ROUNDS * (len(PEERS) + 2) * a_round(amounts) if PEERS else 0),
    Measure("hot account and reads", take_beside, lambda amounts: 18 * a_round(amounts) + 15),
    Measure("open loop", take_pace, pace.expected),
    Measure("growth", take_growth, lambda amounts: amounts.accounts / 8_000 + 20),
    Measure("restarts", take_restarts, lambda amounts: 2 * amounts.starts * ROUND + 10),
    Measure("webhook deliveries", take_deliveries, lambda _: 40),
    Measure("import", take_importing, lambda _: 40),
    Measure("lists and searches", take_finding, lambda _: 45),
    Measure("large account", take_crowds, lambda amounts: 6 * a_round(amounts) + amounts.crowd / 8_000 + 10),
    Measure("stream of events", take_event_stream, lambda _: event_stream.FILL + 2 * event_stream.PACE + 20),
)

LONG: Final = (
    Measure("open loop", take_pace, pace.expected),
    Measure("timers due", take_timers, timers.expected),
    Measure("lists and searches", take_finding_among_many, lambda _: finding.LARGE / 2_000 + 180),
    Measure("console", take_console, lambda _: console.ACCOUNTS / 2_000 + 180),
    Measure("accounts touched", take_touched, lambda _: TOUCHED / 5_000 + PARTS * 2),
    Measure("accounts stored", take_stored, lambda _: sum(SIZES) / 15_000 + 120),
)
