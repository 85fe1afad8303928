"""The pictures of a run."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from bench.measures.stored import EMPTY
from bench.report.charts import charts, finish, from_zero, line, logarithmic, save, strokes, style

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

    from bench.measures.growth import Growth
    from bench.measures.pace import Paced
    from bench.measures.stored import Stored
    from bench.results import Results


def draw(results: Results, directory: Path, run: str) -> list[str]:
    """Write the pictures of everything that was measured, and give the names of the files, which begin with `run`."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    with style():
        for name, figure in pictures(results):
            files.append(f"{run}-{name}.svg")
            save(figure, directory / files[-1])
    return files


def pictures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Give each picture with its name."""
    if results.paced:
        yield "rates", rates(results.paced)
        yield "time", over_time(results.paced)
    growth = results.touched or (results.filled and results.filled.growth)
    if growth:
        yield "accounts", by_accounts(growth)
    if results.stored:
        yield "stored", by_size(results.stored)


def rates(paced: Paced) -> Figure:
    """Latency against the share of the closed loop's rate, with that of the bare service at the same shares."""
    ours = [(step.share, step.report.latency) for step in paced.steps]
    ours += [(held.share, held.seatkeeper.latency) for held in paced.held]
    ours.sort(key=itemgetter(0))
    figure, (axes,) = charts()
    line(axes, "p99.9", [(100 * share, latency.p999) for share, latency in ours])
    line(axes, "p99", [(100 * share, latency.p99) for share, latency in ours])
    line(axes, "p50", [(100 * share, latency.p50) for share, latency in ours])
    line(axes, "bare: p99", [(100 * held.share, held.bare.latency.p99) for held in paced.held])
    logarithmic(axes, 0.5, 100.0)
    title = f"Latency in the open loop; 100 % are {paced.closed.rate('seatkeeper'):,.0f} sign-ups a second"
    finish(axes, title, "rate (% of the closed loop's)", "latency (ms)", 100.0)
    return figure


def over_time(paced: Paced) -> Figure:
    """Latency over time, with checkpoints and collections."""
    steady, watched = paced.marked().seatkeeper, paced.marked().watched
    figure, (axes,) = charts()
    line(axes, "longest", [(part.at, part.longest) for part in steady.slices])
    line(axes, "p50", [(part.at, part.p50) for part in steady.slices])
    logarithmic(axes, 0.5, 100.0)
    for name, seen in (("checkpoints", watched.checkpoints), ("collections", watched.collections)):
        strokes(axes, name, [at - steady.began for at in seen if 0 <= at - steady.began <= steady.seconds])
    title = f"Latency over time, open loop at {steady.rate:,.0f} sign-ups a second, by 0.1 s"
    finish(axes, title, "time (s)", "latency (ms)", steady.seconds)
    return figure


def by_accounts(growth: Growth) -> Figure:
    """Rate and memory against the number of stored accounts."""
    points = growth.points
    across, most = "accounts stored", float(points[-1].accounts)
    figure, (above, below) = charts(2)
    line(above, "sign-ups", [(float(point.accounts), point.rate) for point in points])
    from_zero(above)
    finish(above, "Sign-ups against accounts", across, "sign-ups a second", most)
    line(below, "resident", [(float(point.accounts), point.resident / 1e6) for point in points])
    from_zero(below)
    finish(below, "Memory against accounts", across, "memory (MB)", most)
    return figure


def by_size(stored: Stored) -> Figure:
    """Rate on files of very different sizes."""
    sizes = [(0.0, EMPTY), *((float(size), str(size)) for size in stored.sizes)]
    figure, (axes,) = charts()
    line(axes, "closed loop", [(size, stored.rounds.rate(side)) for size, side in sizes])
    from_zero(axes)
    finish(axes, "Sign-ups on large files", "accounts stored before", "sign-ups a second", float(max(stored.sizes)))
    return figure
