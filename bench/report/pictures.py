"""The pictures of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measures.stored import EMPTY
from bench.report.svg import Axis, Chart, Line, Rug, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.measures.growth import Growth
    from bench.measures.pace import Paced
    from bench.measures.stored import Stored
    from bench.results import Results


def draw(results: Results, directory: Path, run: str) -> list[str]:
    """Write the pictures of everything that was measured; the names of the files begin with that of the run."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {f"{run}-{name}.svg": charts for name, charts in pictures(results)}
    for name, charts in files.items():
        (directory / name).write_text(drawn(charts), "utf-8")
    return list(files)


def pictures(results: Results) -> Iterator[tuple[str, list[Chart]]]:
    """Give the charts of each picture."""
    if results.paced:
        yield "rates", [rates(results.paced)]
        yield "time", [over_time(results.paced)]
    growth = results.touched or (results.filled and results.filled.growth)
    if growth:
        yield "accounts", list(by_accounts(growth))
    if results.stored:
        yield "stored", [by_size(results.stored)]


def rates(paced: Paced) -> Chart:
    """Latency against throughput."""
    steps = [step.report for step in paced.steps]
    times = (
        Line("longest", [(made.rate, made.latency.longest) for made in steps]),
        Line("p99.9", [(made.rate, made.latency.p999) for made in steps]),
        Line("p99", [(made.rate, made.latency.p99) for made in steps]),
        Line("p50", [(made.rate, made.latency.p50) for made in steps]),
    )
    title = f"Latency against throughput, open loop up to the closed loop's {paced.closed_rate:,.0f} a second"
    across = Axis("sign-ups a second", 0.0, max(paced.closed_rate, *(made.rate for made in steps)))
    return Chart(title, across, latency_axis(times), times)


def over_time(paced: Paced) -> Chart:
    """Latency over time, with checkpoints and collections."""
    steady = paced.steady
    times = (
        Line("longest", [(part.at, part.longest) for part in steady.slices]),
        Line("p50", [(part.at, part.p50) for part in steady.slices]),
    )
    rugs = [
        Rug(name, [at - steady.began for at in seen if 0 <= at - steady.began <= steady.seconds])
        for name, seen in (("checkpoints", paced.watched.checkpoints), ("collections", paced.watched.collections))
    ]
    title = f"Latency over time, open loop at {steady.rate:,.0f} sign-ups a second, by 0.1 s"
    return Chart(title, Axis("seconds", 0.0, steady.seconds), latency_axis(times), times, rugs)


def latency_axis(lines: Sequence[Line]) -> Axis:
    """Scale milliseconds by powers of ten."""
    values = [value for line in lines for _, value in line.points if value > 0] or [1.0]
    return Axis("ms", min(0.5, *values), max(100.0, *values), logarithmic=True)


def by_accounts(growth: Growth) -> Iterator[Chart]:
    """Rate and memory against the accounts that are stored."""
    points = growth.points
    across = Axis("accounts stored", 0.0, float(points[-1].accounts))
    rate = [(float(point.accounts), point.rate) for point in points]
    memory = [(float(point.accounts), point.resident / 1e6) for point in points]
    yield Chart("Sign-ups against accounts", across, up_axis("sign-ups a second", rate), [Line("sign-ups", rate)])
    yield Chart("Memory against accounts", across, up_axis("MB", memory), [Line("resident", memory)])


def by_size(stored: Stored) -> Chart:
    """Rate on files of very different sizes."""
    sizes = [(0.0, EMPTY), *((float(size), str(size)) for size in stored.sizes)]
    rate = [(size, stored.rounds.rate(side)) for size, side in sizes]
    across = Axis("accounts stored before", 0.0, float(max(stored.sizes)))
    return Chart("Sign-ups on large files", across, up_axis("sign-ups a second", rate), [Line("closed loop", rate)])


def up_axis(title: str, points: Sequence[tuple[float, float]]) -> Axis:
    """Scale from nothing to a little above the highest."""
    return Axis(title, 0.0, 1.1 * max(value for _, value in points))
