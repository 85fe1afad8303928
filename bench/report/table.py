"""The report of a run: the machine, the marks, and the figures behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from bench.measures.commits import BARE, OTHER
from bench.measures.engines import FILE
from bench.report.cluster import cluster_tables
from bench.report.marks import marks
from bench.report.words import BUSY, grid, megabytes, microseconds, milliseconds, rate, ratio, seconds
from bench.sides import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.load.orders import Latency, Report
    from bench.measures.console import Console
    from bench.measures.event_stream import EventStream
    from bench.measures.finding import Finding
    from bench.measures.growth import Growth
    from bench.measures.importing import Importing
    from bench.measures.pace import Paced
    from bench.measures.restarts import Restarts
    from bench.measures.sign_ups import SignUpRounds
    from bench.results import Results
    from bench.sides import Rounds

MARKS: Final = ("work", "mark", "measured", "")
LOADS: Final = ("closed loop", "a second", "CPU a request", "p50", "p99", "ratio to the first")
COMMITS: Final = ("closed loop", "a second", "CPU a request", "ratio to the other commit", "ratio to bare")
ENGINES: Final = ("closed loop", "a second", "CPU a request", "ratio to the file", "ratio to bare")
LATENCIES: Final = ("open loop", "a second", "p50", "p99", "p99.9", "longest", "refused", "generator late (p99)")
FOUND: Final = ("first page", "items", "p50", "p99")
OPENED: Final = ("page of the console", "bytes", "p50", "p99")
FIGURES: Final = ("measure", "figure", "beside it")


Table: TypeAlias = "tuple[Sequence[str], list[tuple[str, ...]]]"


def report(results: Results) -> str:
    """Write the whole report."""
    reached: list[tuple[str, ...]] = [
        (mark.work, mark.mark, mark.measured, outcome(reached=mark.reached)) for mark in marks(results)
    ]
    tables: tuple[Table, ...] = (
        (MARKS, reached),
        (LOADS, list(load_rows(results))),
        (COMMITS, list(beside_rows(results.commits.rounds, OTHER)) if results.commits else []),
        (ENGINES, list(beside_rows(results.engines.rounds, FILE)) if results.engines else []),
        *cluster_tables(results),
        (LATENCIES, list(latency_rows(results.paced)) if results.paced else []),
        (FOUND, list(found_rows(results.finding)) if results.finding else []),
        (OPENED, list(opened_rows(results.console)) if results.console else []),
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
            microseconds(rounds.cpu_a_request(side)),
            *map(milliseconds, (rounds.p50(side), rounds.p99(side))),
            beside,
        )


def beside_rows(measures: Mapping[str, Rounds], other: str) -> Iterator[tuple[str, ...]]:
    """A row for each side of each measure, with its ratio to the other side and to the bare service."""
    for what, rounds in measures.items():
        for side in rounds.sides:
            ratios = ("" if side == first else ratio(rounds.ratio(side, first)) for first in (other, BARE))
            cpu = microseconds(rounds.cpu_a_request(side))
            yield f"{what}: {side}", rate(rounds.rate(side)), cpu, *ratios


def latency_rows(paced: Paced) -> Iterator[tuple[str, ...]]:
    """Latency at each share of the rate, that of the bare service below ours."""
    for step in paced.steps:
        yield latency_row("seatkeeper", step.share, step.report)
    for held in paced.held:
        yield latency_row("seatkeeper", held.share, held.seatkeeper)
        yield latency_row("bare", held.share, held.bare)


def latency_row(side: str, share: float, made: Report) -> tuple[str, ...]:
    """One side at one share."""
    return f"{share:.0%} for {made.seconds:.0f} s: {side}", rate(made.rate), *latency_cells(made)


def latency_cells(made: Report) -> tuple[str, ...]:
    """The percentiles, the refusals, and how late the generator was."""
    latency: Latency = made.latency
    refused = ", ".join(f"{count:,} x {kind}" for kind, count in made.refused.items()) or "none"
    times = (latency.p50, latency.p99, latency.p999, latency.longest)
    return *map(milliseconds, times), refused, milliseconds(made.late.p99)


def found_rows(finding: Finding) -> Iterator[tuple[str, ...]]:
    """A row for each list, filter and search."""
    for found in finding.found:
        yield found.question, f"{found.items:,}", *map(milliseconds, (found.p50, found.p99))


def importing_rows(imported: Importing) -> Iterator[tuple[str, ...]]:
    """What an import costs, and the same file once more."""
    service, importer = (
        microseconds(1e6 * cpu / imported.accounts) for cpu in (imported.service_cpu, imported.import_cpu)
    )
    cpu = f"{service} of CPU time of the service, {importer} of the import"
    yield "accounts imported a second, with their members", rate(imported.rate()), cpu
    yield "the same again, when all of them are there", rate(imported.accounts / imported.seconds_again), ""


def opened_rows(console: Console) -> Iterator[tuple[str, ...]]:
    """A row for each page, and one for the first of all, which has the console loaded."""
    first = milliseconds(console.first)
    yield "the first one after the start", "", first, first
    for opened in console.opened:
        yield opened.page, f"{opened.size:,}", *map(milliseconds, (opened.p50, opened.p99))


def figure_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """All other figures."""
    if results.sign_ups and results.sign_ups.cross_check:
        yield from cross_check_rows(results.sign_ups)
    if results.deliveries:
        delivered = results.deliveries
        cpu = microseconds(1e6 * delivered.cpu / delivered.events)
        yield "webhook deliveries a second", rate(delivered.rate()), f"{cpu} of CPU time each"
    if results.importing:
        yield from importing_rows(results.importing)
    if results.finding:
        accounts = f"until the search index has {results.finding.accounts:,} accounts"
        yield accounts, seconds(results.finding.indexed), "nothing else is asked or written"
    yield from memory_rows(results)
    if results.event_stream:
        yield from stream_rows(results.event_stream)
    if results.timers:
        timers = results.timers
        yield "timers fired a second, with no sign-ups beside them", rate(timers.a_second), f"of {timers.timers:,} due"
    for restarts in (results.restarts, results.stored and results.stored.restarts):
        if restarts:
            yield from restart_rows(restarts)


def memory_rows(results: Results) -> Iterator[tuple[str, ...]]:
    """What the service holds."""
    if results.filled:
        growth = results.filled.growth
        yield "resident memory for each live account", f"{growth.bytes_an_account():,.0f} B", sizes(growth)
    if results.touched:
        last = results.touched.points[-1]
        yield f"resident memory, {last.accounts:,} accounts touched", megabytes(last.resident), sizes(results.touched)


def stream_rows(stream: EventStream) -> Iterator[tuple[str, ...]]:
    """What it costs to be followed."""
    work = f"sign-ups a second while {stream.readers:,} follow the stream"
    yield work, rate(stream.followed), f"{rate(stream.alone)} (nobody follows)"
    before, after = map(megabytes, stream.resident)
    yield f"resident memory while {stream.readers:,} follow the stream", after, f"{before} (nobody follows)"


def cross_check_rows(sign_ups: SignUpRounds) -> Iterator[tuple[str, ...]]:
    """The rate that wrk reached, beside that of our generator."""
    if sign_ups.cross_check:
        ours = f"{rate(sign_ups.rounds.rate('bare'))} (our generator)"
        yield "bare sign-ups a second by wrk", rate(sign_ups.cross_check.rate), ours


def sizes(growth: Growth) -> str:
    """Name the first and the last size."""
    return f"{growth.points[0].accounts:,} to {growth.points[-1].accounts:,} accounts"


def restart_rows(restarts: Restarts) -> Iterator[tuple[str, ...]]:
    """The start and the first commands, beside an empty file and warm accounts."""
    full, empty = sorted(restarts.full), sorted(restarts.empty)
    beside = f"{seconds(empty[len(empty) // 2])} (no account): {ratio(restarts.ratio())}"
    yield f"start to ready, {restarts.accounts:,} accounts stored", seconds(full[len(full) // 2]), beside
    for name in ("p50", "p99"):
        cold, warm = getattr(restarts.cold, name), getattr(restarts.warm, name)
        yield f"{name} of the first command to a cold account", milliseconds(cold), f"{milliseconds(warm)} (warm)"


def heading(results: Results) -> str:
    """Describe the machine."""
    machine = results.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return (
        f"{machine.date}. {machine.cpu}, {machine.cores} cores; the server on core {results.cores.server}, "
        f"the load on core {results.cores.load}.\n"
        f"{machine.system}, {machine.file_system}, {machine.synced_writes:,.0f} synced 4 KiB writes a second.\n"
        f"{machine.python}, SQLite {machine.sqlite}, {libraries}."
    )


def footing(results: Results) -> str:
    """Describe the loads, what was verified, and what is missing."""
    amounts = results.amounts
    loops = f"{amounts.connections} connections in the closed loops, {amounts.pool} in the open ones"
    if results.clusters:
        loops = f"{' and '.join(map(str, results.clusters.rounds))} connections in the closed loops"
    rounds = f"{amounts.seconds:g} s a round after {amounts.warm_up:g} s of warm-up"
    verified = "the file of this commit" if results.commits else "the file"
    lines = [
        f"{loops}; {rounds}, the sides in turn; medians of the rounds and of their ratios, lowest and highest beside.",
        f"Every answer was verified, and after each load `seatkeeper verify` found nothing in {verified}.",
    ]
    loaded = [results.sign_ups.rounds] if results.sign_ups else []
    loaded += results.commits.rounds.values() if results.commits else []
    loaded += results.engines.rounds.values() if results.engines else []
    if loaded:
        busiest = max(rounds.busiest() for rounds in loaded)
        lines.append(f"The load generator used at most {busiest:.0%} of its core.")
    if results.sign_ups and results.sign_ups.cross_check is None:
        lines.append("Without wrk, which is not installed: no other program has checked the load generator.")
    if results.finding:
        asked = f"Each first page was asked for {results.finding.rounds} times on one connection"
        lines.append(f"{asked}, all in turn, each time about another account.")
    if results.paced:
        lines.append(shares(results.paced))
    lines += of_sides(results)
    if results.machine.load_average >= BUSY:
        lines.append(
            f"Something else was running: the load average was {results.machine.load_average:.1f} at the start."
        )
    if results.peers:
        lines += [f"Without {name}: {note}." for name, note in results.peers.missing.items()]
    if results.left_out:
        lines.append(f"There was no time for: {', '.join(results.left_out)}.")
    return "\n".join([*lines, f"The whole run took {results.seconds:.0f} s."])


def of_sides(results: Results) -> Iterator[str]:
    """Describe the sides of the runs that measure nothing else."""
    if results.commits:
        names = f"`other` is {results.commits.other}, `this` is {results.commits.this}"
        yield f"{names}; `bare` runs on uvloop here, as they do."
    if results.engines:
        yield "`bare` runs on uvloop here, as the service does. The CPU time is that of the service alone."
    if results.clusters:
        yield "All processes of the cluster share the server's core, with the single process, which waits meanwhile."


def shares(paced: Paced) -> str:
    """Name the rates that the shares of the open loop are of."""
    closed = paced.closed
    sides = (
        f"{side} {rate(median)} a second ({rate(lowest)} to {rate(highest)})"
        for side, reports in closed.sides.items()
        for median, lowest, highest in [spread([made.rate for made in reports])]
    )
    loops = closed.sides["seatkeeper"]
    taken = f"the median of {len(loops)} closed loops of {loops[0].seconds:.1f} s, taken in turn just before"
    return f"Each share of the open loop is of {taken}: {', '.join(sides)}."


def outcome(*, reached: bool) -> str:
    """Name the outcome of a mark."""
    return "reached" if reached else "MISSED"
