"""The one table, as Markdown that is readable as it stands."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.throughput import p50, p99, rate

if TYPE_CHECKING:
    from bench.results import Results

RATIO_MARK: Final = 0.35
KEYED_MARK: Final = 0.8
TAIL_MARK: Final = 4.0
ACTOR_MARK: Final = 2_048


class Row(NamedTuple):
    """One line: what was measured, our figure, the one beside it, their ratio, and the mark with its verdict."""

    measure: str
    seatkeeper: str
    beside: str
    ratio: str
    mark: str = ""


HEADINGS: Final = Row("measure", "seatkeeper", "beside it", "ratio (lowest to highest)", "mark")


def table(results: Results) -> str:
    """Write the table, with what stands behind it above and below."""
    rows = [*sign_up_rows(results), *memory_rows(results), *restart_rows(results)]
    return "\n\n".join([heading(results), grid([HEADINGS, *rows]), footing(results)])


def sign_up_rows(results: Results) -> list[Row]:
    """Rate and latency beside the bare service."""
    ours, bare = results.throughput.seatkeeper, results.throughput.bare
    ratios, tails = results.throughput.ratios(), results.throughput.tails()
    reached = verdict(reached=statistics.median(ratios) >= RATIO_MARK)
    flat = verdict(reached=statistics.median(tails) <= TAIL_MARK)
    return [
        Row(
            f"durable sign-ups a second, {results.amounts.connections} connections",
            f"{rate(ours):,.0f}",
            f"{rate(bare):,.0f} (bare aiohttp)",
            spread(ratios),
            f"at least {RATIO_MARK}: {reached}",
        ),
        Row("p50 of a sign-up", milliseconds(p50(ours)), milliseconds(p50(bare)), over(p50(ours), p50(bare))),
        Row("p99 of a sign-up", milliseconds(p99(ours)), milliseconds(p99(bare)), over(p99(ours), p99(bare))),
        Row(
            "p99 over p50 of a sign-up",
            milliseconds(p99(ours)),
            f"{milliseconds(p50(ours))} (its p50)",
            spread(tails),
            f"at most {TAIL_MARK:.0f}: {flat}",
        ),
        keyed_row(results),
    ]


def keyed_row(results: Results) -> Row:
    """What an idempotency key costs."""
    throughput = results.throughput
    ratios = throughput.keyed_ratios()
    reached = verdict(reached=statistics.median(ratios) >= KEYED_MARK)
    return Row(
        "the same with a fresh Idempotency-Key on each",
        f"{rate(throughput.keyed):,.0f}",
        f"{rate(throughput.seatkeeper):,.0f} (without)",
        spread(ratios),
        f"at least {KEYED_MARK}: {reached}",
    )


def memory_rows(results: Results) -> list[Row]:
    """Memory for each account."""
    memory = results.filled.memory
    small = verdict(reached=memory.actor_bytes <= ACTOR_MARK)
    growth = f"{memory.few:,} to {memory.many:,} accounts"
    return [
        Row("resident memory for each live account", f"{memory.bytes_an_account():,.0f} B", growth, ""),
        Row("an actor beside its state", f"{memory.actor_bytes:,} B", "", "", f"at most {ACTOR_MARK:,} B: {small}"),
    ]


def restart_rows(results: Results) -> list[Row]:
    """Start and first commands, beside the same without the thing that costs."""
    restarts = results.restarts
    full, empty = (statistics.median(times) * 1000 for times in (restarts.full, restarts.empty))
    ratios = [one / other for one, other in zip(restarts.full, restarts.empty, strict=True)]
    return [
        Row(
            f"start to ready, {results.filled.accounts_stored:,} accounts on disk",
            milliseconds(full),
            f"{milliseconds(empty)} (no account)",
            spread(ratios),
        ),
        command_row("p50", restarts.cold.p50, restarts.warm.p50),
        command_row("p99", restarts.cold.p99, restarts.warm.p99),
    ]


def command_row(percentile: str, cold: float, warm: float) -> Row:
    """One percentile of adding a member to a cold account, beside the same on a warm one."""
    measure = f"{percentile} of the first command to a cold account"
    return Row(measure, milliseconds(cold), f"{milliseconds(warm)} (warm)", over(cold, warm))


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
    throughput, amounts = results.throughput, results.amounts
    busiest = max(report.busy for report in (*throughput.bare, *throughput.seatkeeper, *throughput.keyed))
    return (
        f"{amounts.rounds} rounds of {amounts.seconds:g} s a side, in turn, after {amounts.warm_up:g} s of warm-up; "
        f"rates and latencies are medians of the rounds.\n"
        "Every answer was verified, and after the stop there were on disk exactly as many accounts as had been "
        f"acknowledged, in the journal and in the view: {throughput.accounts_stored:,} after the rounds (and there "
        f"`seatkeeper verify` found nothing), {results.filled.accounts_stored:,} in the database that is restarted.\n"
        f"The load generator used at most {busiest:.0%} of its core. The whole run took {results.seconds:.0f} s."
    )


def grid(rows: list[Row]) -> str:
    """Lay the rows out as a Markdown table with even columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = [f"| {' | '.join(cells)} |" for cells in padded]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def milliseconds(value: float) -> str:
    """Write milliseconds with three figures or so."""
    return f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms"


def over(one: float, other: float) -> str:
    """Write a ratio."""
    return f"{one / other:.2f}"


def spread(ratios: list[float]) -> str:
    """Write the median of some ratios, and the lowest and the highest."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def verdict(*, reached: bool) -> str:
    """Say whether a mark was reached."""
    return "reached" if reached else "MISSED"
