"""The cluster: its tables, and the part of docs/scaling.md that is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.measures.cluster import CLUSTER, EDGES, POSTGRESQL, RAY, SHARDS, SINGLE, SUPERVISOR
from bench.measures.heads import MORE, TOGETHER
from bench.report.words import BUSY, grid, microseconds, milliseconds, rate, ratio
from bench.saturation import CORES, HEAD, costs, in_use, saturation
from bench.sides import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.measures.cluster import Clusters
    from bench.measures.heads import Heads
    from bench.results import Results
    from bench.saturation import Costs

CLUSTERS: Final = (
    "sign-ups",
    "a second",
    "CPU a request",
    "ratio to one process",
    *(EDGES, SHARDS, SUPERVISOR, RAY, POSTGRESQL),
)
HEADS: Final = ("commits", "a second", "sign-ups a second", "ratio to a head for each", "head locked")
SATURATIONS: Final = (
    "cores",
    "edges",
    "shards",
    *(f"{part} could" for part in (EDGES, SHARDS, POSTGRESQL, HEAD)),
    f"in commits of {MORE}",
    "commands a second",
    "times one process",
    "limits first",
    "cores in use",
)


def cluster_tables(results: Results) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Give the headings and the rows of each table for which there are figures."""
    if results.clusters:
        yield CLUSTERS, list(cluster_rows(results.clusters))
    if results.heads:
        yield HEADS, list(head_rows(results.heads))
    if results.clusters and results.heads:
        yield SATURATIONS, list(saturation_rows(costs(results.clusters, results.heads)))


def cluster_rows(clusters: Clusters) -> Iterator[tuple[str, ...]]:
    """The CPU time of a sign-up, with each number of connections."""
    for connections, rounds in clusters.rounds.items():
        for side in (SINGLE, CLUSTER):
            beside = "" if side == SINGLE else ratio(rounds.cpu_ratio(CLUSTER, SINGLE))
            parts = (rounds.part_a_request(side, part) for part in (EDGES, SHARDS, SUPERVISOR, RAY, POSTGRESQL))
            used = microseconds(rounds.cpu_a_request(side))
            work, often = f"{connections} connections: {side}", rate(rounds.rate(side))
            yield work, often, used, beside, *map(microseconds, parts)


def head_rows(heads: Heads) -> Iterator[tuple[str, ...]]:
    """The commits of writers with one head of the journal, and with a head for each."""
    many, small = f"{heads.writers} writers", f"{heads.together} sign-ups"
    shared, own = f"{many}, one head: {small}", f"{many}, a head for each: {small}"
    yield shared, *head_cells(heads.together, heads.shared), ratio(heads.ratio()), ""
    yield own, *head_cells(heads.together, heads.own), "", ""
    for together, rates in heads.alone.items():
        locked = milliseconds(spread(heads.locked[together]).median)
        yield f"one writer: {together} sign-ups", *head_cells(together, rates), "", locked


def head_cells(together: int, rates: Sequence[float]) -> tuple[str, str]:
    """The commits a second, and the sign-ups in them."""
    median = spread(rates).median
    return rate(median), rate(median * together)


def saturation_rows(of: Costs) -> Iterator[tuple[str, ...]]:
    """What limits first on so many cores."""
    for cores in CORES:
        found = saturation(of, cores)
        yield (
            *map(str, (cores, found.edges, found.shards)),
            *(rate(found.could[part]) for part in (EDGES, SHARDS, POSTGRESQL, HEAD)),
            rate(1e6 / of.large),
            rate(found.rate),
            f"{found.rate * of.single / 1e6:.1f}",
            found.first,
            f"{in_use(of, found.rate):.1f}",
        )


def computed(of: Costs) -> str:
    """Say what the rates on more cores are computed of."""
    lines = [
        "**Computed, and not measured:** E edges, S shards and the rest of C cores for PostgreSQL carry",
        "min(E / e, S / s, (C - E - S - r) / p, 1 / h) commands a second, with the E and S for which it is most. Of a",
        f"sign-up, e = {of.edge:.0f} µs are an edge's, s = {of.shard:.0f} µs a shard's, p = {of.postgresql:.0f} µs are",
        f"PostgreSQL's, and h = {of.head:.1f} µs is its share of the lock of the head row in commits of {TOGETHER}",
        f"({of.large:.1f} µs in those of {MORE}, which shards make when they wait for each other). Ray's own processes",
        f"and the supervisor use r = {of.beside:.2f} cores. One process does one in {of.single:.0f} µs.",
    ]
    return "\n".join(lines)


def scaling(results: Results) -> str:
    """Write the part of docs/scaling.md; ValueError when a measure is missing."""
    clusters, heads, machine = results.clusters, results.heads, results.machine
    if clusters is None or heads is None:
        raise ValueError("the run has not measured a cluster and its writers")
    of = costs(clusters, heads)
    where = (
        f"{machine.date}, {machine.cpu}, {machine.cores} cores, {machine.synced_writes:,.0f} synced 4 KiB writes a\n"
        f"second. One edge and {clusters.shards} shards; medians of {results.amounts.rounds} rounds of "
        f"{results.amounts.seconds:g} s, and of their ratios, lowest and highest beside."
    )
    if machine.load_average >= BUSY:
        where += f"\n**Something else was running:** the load average was {machine.load_average:.1f} at the start."
    return "\n\n".join(
        [
            where,
            grid(CLUSTERS, list(cluster_rows(clusters))),
            grid(HEADS, list(head_rows(heads))),
            computed(of),
            grid(SATURATIONS, list(saturation_rows(of))),
        ]
    )
