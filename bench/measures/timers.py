"""Sign-ups while a hundred thousand timers that are all due are worked off, beside the same file with none due.

`python -m bench.measures.timers` takes this measure alone.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bench import bulk, machine
from bench.failure import BenchFailure
from bench.load.orders import Pace, Report
from bench.setting import Amounts, Setting
from bench.stored import verify
from bench.timeline import Timeline
from seatkeeper.actors.accounts.values import TrialTerms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.servers import Server

DUE: Final = "due"
AHEAD: Final = "ahead"
ENDS: Final = {DUE: "2026-01-02T00:00:00.000Z", AHEAD: "2999-01-01T00:00:00.000Z"}
"""When the trials of the accounts end; they go on, with one event each."""

SHARE: Final = 0.5
"""Of the rate of a closed loop, at which sign-ups come."""

FIRED: Final = re.compile(r"^seatkeeper_timers_fired_total ([\d.]+)", re.MULTILINE)


class TimersDue(msgspec.Struct, frozen=True):
    """The accounts with a timer, the pace of the sign-ups, and their rounds while timers are due and while none is.

    `fired` is the number of timers in each round, and `a_second` those a second without any sign-ups, at the end.
    """

    timers: int
    pace: float
    due: list[Report]
    ahead: list[Report]
    fired: list[int]
    a_second: float

    def ratio(self) -> float:
        """Give the median of the 99th percentiles while timers are due over that while none is."""
        due, ahead = (statistics.median(report.latency.p99 for report in some) for some in (self.due, self.ahead))
        return due / ahead


def measure(setting: Setting) -> TimersDue:
    """Write both files, then sign up on both in turn, and look how many timers were fired meanwhile."""
    amounts = setting.amounts
    for name, ends_at in ENDS.items():
        _write(setting, name, ends_at)
    reports: dict[str, list[Report]] = {DUE: [], AHEAD: []}
    fired: list[int] = []
    with ExitStack() as stack:
        ahead = stack.enter_context(setting.serving(AHEAD))
        setting.timeline.show("timers: a closed loop first")
        pace = Pace(setting.load_for_seconds(ahead, setting.new_sign_ups(), amounts.seconds).rate * SHARE)
        due = stack.enter_context(setting.serving(DUE))
        for number in range(amounts.rounds):
            for name, server in ((AHEAD, ahead), (DUE, due)):
                setting.timeline.show(f"timers: round {number + 1} of {amounts.rounds}, {name}")
                before = _fired(server)
                with _standing_still(due) if name == AHEAD else nullcontext():
                    reports[name].append(setting.load_at(server, pace, amounts.seconds))
                fired += [_fired(server) - before] if name == DUE else []
        a_second = _alone(due)
    if not all(fired):
        raise BenchFailure(f"the timers were worked off before the rounds were over: {fired}")
    for name in ENDS:
        verify(setting.file(name))
    return TimersDue(amounts.accounts, pace.rate, reports[DUE], reports[AHEAD], fired, a_second)


def _write(setting: Setting, name: str, ends_at: str) -> None:
    setting.timeline.show(f"timers: writing {setting.amounts.accounts:,} accounts on trial")
    with setting.serving(name):
        pass
    trial = TrialTerms(ends_at, "continue")
    bulk.write(setting.file(name), setting.amounts.accounts, lambda _: None, trial)


@contextmanager
def _standing_still(server: Server) -> Iterator[None]:
    """Stop a server meanwhile: its timers are due, and would take the core of the other."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def _fired(server: Server) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as answer:
        found = FIRED.search(answer.read().decode())
    return 0 if found is None else int(float(found[1]))


def _alone(server: Server, seconds: float = 2.0) -> float:
    """Give the timers that are fired in a second while nobody signs up."""
    before, began = _fired(server), time.monotonic()
    time.sleep(seconds)
    return (_fired(server) - before) / (time.monotonic() - began)


def expected(amounts: Amounts) -> float:
    """Give the seconds that the measure is expected to take."""
    return amounts.seconds + 2 * amounts.rounds * (amounts.seconds + amounts.warm_up) + amounts.accounts / 5_000 + 30.0


def lines(measured: TimersDue) -> list[str]:
    """Say what was measured."""
    return [
        f"{measured.timers:,} timers, {measured.a_second:.0f} a second alone; {measured.pace:,.0f} sign-ups a second",
        *(f"{name}: {_latencies(some)}" for name, some in ((AHEAD, measured.ahead), (DUE, measured.due))),
        f"timers fired in the rounds: {measured.fired}",
        f"p99 while they are due over that without: {measured.ratio():.2f}",
    ]


def _latencies(reports: list[Report]) -> str:
    names = ("p50", "p99", "longest")
    medians = [statistics.median(float(getattr(report.latency, name)) for report in reports) for name in names]
    return ", ".join(f"{name} {median:.2f} ms" for name, median in zip(names, medians, strict=True))


def main() -> int:
    """Take this measure alone, with amounts from the command line: accounts, rounds, seconds."""
    given = [int(argument) for argument in sys.argv[1:]]
    accounts, rounds, seconds = [*given, *(100_000, 5, 8)[len(given) :]]
    amounts = Amounts(accounts=accounts, rounds=rounds, seconds=float(seconds))
    timeline = Timeline(expected(amounts))
    with tempfile.TemporaryDirectory(prefix="seatkeeper-bench-") as directory:
        cores = machine.two_cores()
        os.sched_setaffinity(0, {cores.load})
        measured = measure(Setting(amounts, cores, Path(directory), timeline))
    timeline.end()
    print("\n".join(lines(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
