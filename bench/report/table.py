"""The report of a run: on what it ran, the marks, and the figures behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.report.marks import marks
from bench.report.words import grid, megabytes, milliseconds, rate, ratio, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.load.orders import Latency, Report
    from bench.measures.growth import Growth
    from bench.measures.pace import Paced
    from bench.measures.restarts import Restarts
    from bench.measures.sign_ups import SignUpRounds
    from bench.results import Results
    from bench.sides import Rounds

MARKS: Final = ("work", "mark", "measured", "")
LOADS: Final = ("closed loop", "a second", "p50", "p99", "ratio to the first")
LATENCIES: Final = ("open loop, at the rate of", "p50", "p99", "p99.9", "longest", "refused", "generator late (p99)")
FIGURES: Final = ("measure", "figure", "beside it")

BUSY: Final = 0.7
"""The load average from which on the machine had something else to do."""


def report(results: Results) -> str:
    """Write everything down."""
    reached = [(mark.work, mark.mark, mark.measured, verdict(reached=mark.reached)) for mark in marks(results)]
    tables = (
        (MARKS, reached),
        (LOADS, list(load_rows(results))),
        (LATENCIES, list(latency_rows(results.paced)) if results.paced else []),
        (FIGURES, list(figure_rows(results))),
    )
    grids = [grid(headings, rows) for headings, rows in tables if rows]
    return "\n\n".join([heading(results), *grids, footing(results)])


def load_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """The rates of each closed loop, beside another one."""
    if results.sign_ups:
        yield from side_rows("sign-ups", results.sign_ups.rounds, "bare")
    if results.peers:
        yield from side_rows("peers", results.peers.rounds, "bare")
    if results.beside:
        yield from side_rows("one hot account", results.beside.hot_account, "bare")
        yield from side_rows("GET of an account", results.beside.account, "bare")
        yield from side_rows("GET of 50 members", results.beside.page, "bare")
    if results.crowds:
        yield from side_rows("members come and go", results.crowds.rounds, "few")
    if results.stored:
        yield from side_rows("sign-ups, stored", results.stored.rounds, "empty")


def side_rows(work: str, rounds: Rounds, first: str) -> Iterator[tuple[str, ...]]:
    """A row for each side, with its ratio to the first."""
    for side in rounds.sides:
        beside = "" if side == first else ratio(rounds.ratio(side, first))
        yield (
            f"{work}: {side}",
            rate(rounds.rate(side)),
            *map(milliseconds, (rounds.p50(side), rounds.p99(side))),
            beside,
        )


def latency_rows(paced: Paced) -> Iterator[tuple[str, ...]]:
    """Latency at each rate, and over the long run."""
    for step in paced.steps:
        yield f"{step.share:.0%}: {rate(step.report.rate)}", *latency_cells(step.report)
    yield f"{paced.share:.0%} for {paced.steady.seconds:.0f} s: {rate(paced.steady.rate)}", *latency_cells(paced.steady)
    bare = paced.bare
    yield f"bare at {paced.share:.0%} of its own for {bare.seconds:.0f} s: {rate(bare.rate)}", *latency_cells(bare)


def latency_cells(made: Report) -> tuple[str, ...]:
    """The percentiles, what was refused, and how late the generator was."""
    latency: Latency = made.latency
    refused = ", ".join(f"{count:,} x {kind}" for kind, count in made.refused.items()) or "none"
    times = (latency.p50, latency.p99, latency.p999, latency.longest)
    return *map(milliseconds, times), refused, milliseconds(made.late.p99)


def figure_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """Everything else."""
    if results.sign_ups and results.sign_ups.cross_check:
        yield from cross_check_rows(results.sign_ups)
    if results.filled:
        growth = results.filled.growth
        yield "resident memory for each live account", f"{growth.bytes_an_account():,.0f} B", sizes(growth)
    if results.touched:
        last = results.touched.points[-1]
        yield f"resident memory, {last.accounts:,} accounts touched", megabytes(last.resident), sizes(results.touched)
    for restarts in (results.restarts, results.stored and results.stored.restarts):
        if restarts:
            yield from restart_rows(restarts)


def cross_check_rows(sign_ups: SignUpRounds) -> Iterator[tuple[str, ...]]:
    """What wrk says, beside our generator."""
    if sign_ups.cross_check:
        ours = f"{rate(sign_ups.rounds.rate('bare'))} (our generator)"
        yield "bare sign-ups a second by wrk", rate(sign_ups.cross_check.rate), ours


def sizes(growth: Growth) -> str:
    """Say over which sizes something grew."""
    return f"{growth.points[0].accounts:,} to {growth.points[-1].accounts:,} accounts"


def restart_rows(restarts: Restarts) -> Iterator[tuple[str, ...]]:
    """The start and the first commands, beside the same without the thing that costs."""
    full, empty = sorted(restarts.full), sorted(restarts.empty)
    beside = f"{seconds(empty[len(empty) // 2])} (no account): {ratio(restarts.ratio())}"
    yield f"start to ready, {restarts.accounts:,} accounts stored", seconds(full[len(full) // 2]), beside
    for name in ("p50", "p99"):
        cold, warm = getattr(restarts.cold, name), getattr(restarts.warm, name)
        yield f"{name} of the first command to a cold account", milliseconds(cold), f"{milliseconds(warm)} (warm)"


def heading(results: Results) -> str:
    """Say what it was measured on."""
    machine = results.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return (
        f"{machine.date}. {machine.cpu}, {machine.cores} cores; the server on core {results.cores.server}, "
        f"the load on core {results.cores.load}.\n"
        f"{machine.system}, {machine.file_system}, {machine.synced_writes:,.0f} synced 4 KiB writes a second.\n"
        f"{machine.python}, SQLite {machine.sqlite}, {libraries}."
    )


def footing(results: Results) -> str:
    """Say what was verified, and that the load generator was not the limit."""
    amounts = results.amounts
    loops = f"{amounts.connections} connections in the closed loops, {amounts.pool} in the open ones"
    rounds = f"{amounts.seconds:g} s a round after {amounts.warm_up:g} s of warm-up"
    lines = [
        f"{loops}; {rounds}, the sides in turn; medians of the rounds and of their ratios, lowest and highest beside.",
        "Every answer was verified, and after each load `seatkeeper verify` found nothing in the file.",
    ]
    if results.sign_ups:
        lines.append(f"The load generator used at most {results.sign_ups.rounds.busiest():.0%} of its core.")
        if results.sign_ups.cross_check is None:
            lines.append("Without wrk, which is not installed: nothing else has checked the load generator.")
    if results.paced:
        closed = f"{rate(results.paced.closed_rate)} a second, of one load just before"
        lines.append(f"The shares of the open loop are of the closed loop's rate, {closed}.")
    if results.machine.load_average >= BUSY:
        lines.append(
            f"Something else was running: the load average was {results.machine.load_average:.1f} at the start."
        )
    if results.peers:
        lines += [f"Without {name}: {note}." for name, note in results.peers.missing.items()]
    if results.left_out:
        lines.append(f"There was no time for: {', '.join(results.left_out)}.")
    return "\n".join([*lines, f"The whole run took {results.seconds:.0f} s."])


def verdict(*, reached: bool) -> str:
    """Say whether a mark was reached."""
    return "reached" if reached else "MISSED"
