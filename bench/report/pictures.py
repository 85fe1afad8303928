"""The pictures of a run."""

from __future__ import annotations

from operator import itemgetter
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
    """Write the pictures of everything that was measured, and give the names of the files, which begin with `run`."""
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
    """Latency against the share of the closed loop's rate, with that of the bare service at the same shares."""
    ours = [(step.share, step.report.latency) for step in paced.steps]
    ours += [(held.share, held.seatkeeper.latency) for held in paced.held]
    ours.sort(key=itemgetter(0))
    times = (
        Line("p99.9", [(100 * share, latency.p999) for share, latency in ours]),
        Line("p99", [(100 * share, latency.p99) for share, latency in ours]),
        Line("p50", [(100 * share, latency.p50) for share, latency in ours]),
        Line("bare: p99", [(100 * held.share, held.bare.latency.p99) for held in paced.held]),
    )
    title = f"Latency in the open loop; 100 % are {paced.closed.rate('seatkeeper'):,.0f} sign-ups a second"
    return Chart(title, Axis("% of the closed loop's rate", 0.0, 100.0), latency_axis(times), times)


def over_time(paced: Paced) -> Chart:
    """Latency over time, with checkpoints and collections."""
    steady, watched = paced.marked().seatkeeper, paced.marked().watched
    times = (
        Line("longest", [(part.at, part.longest) for part in steady.slices]),
        Line("p50", [(part.at, part.p50) for part in steady.slices]),
    )
    rugs = [
        Rug(name, [at - steady.began for at in seen if 0 <= at - steady.began <= steady.seconds])
        for name, seen in (("checkpoints", watched.checkpoints), ("collections", watched.collections))
    ]
    title = f"Latency over time, open loop at {steady.rate:,.0f} sign-ups a second, by 0.1 s"
    return Chart(title, Axis("seconds", 0.0, steady.seconds), latency_axis(times), times, rugs)


def latency_axis(lines: Sequence[Line]) -> Axis:
    """Scale milliseconds by powers of ten."""
    values = [value for line in lines for _, value in line.points if value > 0] or [1.0]
    return Axis("ms", min(0.5, *values), max(100.0, *values), logarithmic=True)


def by_accounts(growth: Growth) -> Iterator[Chart]:
    """Rate and memory against the number of stored accounts."""
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
    """Scale from 0 to a little above the highest value."""
    return Axis(title, 0.0, 1.1 * max(value for _, value in points))
