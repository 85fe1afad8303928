"""Latency in an open loop: at growing rates, and at one rate for long, with what the service did meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from bench import servers
from bench.load.orders import Pace, Report
from bench.stored import verify, verify_accounts
from bench.watch import Watched, watching

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting

SLICE: Final = 0.1
"""Seconds that are summed up together."""

BESIDE: Final = 20.0
"""Seconds of the bare service at the same share of its own rate: what the machine itself adds to the waits."""

STALL: Final = 50.0
"""Milliseconds from which on a wait is a stall."""


class Step(msgspec.Struct, frozen=True):
    """A share of the closed loop's rate, and what came of it."""

    share: float
    report: Report


class Paced(msgspec.Struct, frozen=True):
    """The closed loop's rate just before, the steps, the long run at one share of it, and its marks in time.

    `bare` is the bare service at the same share of its own rate.
    """

    closed_rate: float
    steps: list[Step]
    share: float
    steady: Report
    watched: Watched
    accounts_stored: int
    bare: Report

    def stalls(self) -> int:
        """Count the parts of the long run in which somebody waited too long."""
        return sum(part.longest > STALL for part in self.steady.slices)


def measure(setting: Setting) -> Paced:
    """Find the closed loop's rate, climb towards it, then stay below it for long."""
    amounts, database = setting.amounts, setting.file("pace")
    with setting.serving("pace") as server:
        setting.timeline.tell("open loop: the closed loop's rate first")
        closed = setting.load_for_seconds(server, setting.new_sign_ups())
        steps = [step(setting, server, closed.rate, number / amounts.steps) for number in range(1, amounts.steps + 1)]
        setting.timeline.tell(f"open loop at {amounts.steady_share:.0%} for {amounts.steady:.0f} s")
        with watching(server, database) as watched:
            pace = Pace(closed.rate * amounts.steady_share)
            steady = setting.load_at(server, pace, amounts.steady, slices=round(amounts.steady / SLICE))
    acknowledged = closed.acknowledged + steady.acknowledged + sum(step.report.acknowledged for step in steps)
    stored = verify_accounts(database, acknowledged)
    setting.timeline.tell(f"verifying {stored:,} accounts")
    verify(database)
    return Paced(closed.rate, steps, amounts.steady_share, steady, watched, stored, bare(setting))


def bare(setting: Setting) -> Report:
    """Load the bare service in the same way."""
    with setting.running(servers.bare(), "bare") as server:
        setting.timeline.tell("open loop: bare, the closed loop's rate first")
        closed = setting.load_for_seconds(server, setting.new_sign_ups(), unique=False)
        share = setting.amounts.steady_share
        setting.timeline.tell(f"open loop: bare at {share:.0%} for {BESIDE:.0f} s")
        return setting.load_at(server, Pace(closed.rate * share), BESIDE, unique=False)


def step(setting: Setting, server: Server, closed_rate: float, share: float) -> Step:
    """Load at one share of the rate."""
    setting.timeline.tell(f"open loop at {share:.0%} of the closed loop's rate")
    return Step(share, setting.load_at(server, Pace(closed_rate * share), setting.amounts.seconds))
