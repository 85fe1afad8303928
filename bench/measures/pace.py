"""Latency in an open loop, at shares of the rate that closed loops reached, beside the bare service at the same shares.

One closed loop may be a lucky one, and a share of its rate is then more than the service can do. So the rate is the
median of several, taken in turn with those of the bare service.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import msgspec

from bench import servers
from bench.load.orders import Pace, Report
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify, verify_accounts
from bench.watch import Watched, watching

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Amounts, Setting

OURS: Final = "seatkeeper"
BARE: Final = "bare"

LEAST: Final = 3
"""Closed loops of each side, at least."""

SHORTER: Final = 0.5
"""A closed loop, and a step of the climb, take this part of the seconds of a round."""

CLIMB: Final = (0.2, 0.4, 0.6, 0.9, 1.0)
"""Shares of the short steps, which only the picture and the table need."""

SHARES: Final = (0.5, 0.7, 0.8)
MARKED: Final = 0.7
"""The share that has the marks, and the longest run."""

BETWEEN: Final = 0.5
VERIFYING: Final = 15.0
"""Seconds that a load takes beside its own, and that the file takes at the end."""

SLICE: Final = 0.1
"""Seconds that are summed up together."""

STALL: Final = 50.0
"""Milliseconds from which on a wait is a stall."""


class Step(msgspec.Struct, frozen=True):
    """A short run of the service at a share of its rate."""

    share: float
    report: Report


class Held(msgspec.Struct, frozen=True):
    """The service and the bare service, each at the same share of its own rate; what the service did meanwhile."""

    share: float
    seatkeeper: Report
    bare: Report
    watched: Watched


class Paced(msgspec.Struct, frozen=True):
    """The closed loops that the rates come from, the steps of the climb, and the runs at each of `SHARES`."""

    closed: Rounds
    steps: list[Step]
    held: list[Held]
    accounts_stored: int

    def marked(self) -> Held:
        """Give the runs at the share that has the marks."""
        return next(held for held in self.held if held.share == MARKED)

    def stalls(self) -> int:
        """Count the parts of the marked run in which a request waited too long."""
        return sum(part.longest > STALL for part in self.marked().seatkeeper.slices)


def measure(setting: Setting) -> Paced:
    """Take the closed loops, climb towards their rate, then stay at each share of it."""
    with ExitStack() as stack:
        bare = stack.enter_context(setting.running(servers.bare(), "bare"))
        ours = stack.enter_context(setting.serving("pace"))
        closed = closed_loops(setting, bare, ours)
        steps = [climb(setting, ours, closed, share) for share in CLIMB]
        held = [hold_both(setting, bare, ours, closed, share) for share in SHARES]
    reports = [*(step.report for step in steps), *(both.seatkeeper for both in held)]
    acknowledged = closed.acknowledged(OURS) + sum(report.acknowledged for report in reports)
    stored = verify_accounts(setting.file("pace"), acknowledged)
    setting.timeline.show(f"verifying {stored:,} accounts")
    verify(setting.file("pace"))
    return Paced(closed, steps, held, stored)


def closed_loops(setting: Setting, bare: Server, ours: Server) -> Rounds:
    """Load both sides in turn as fast as they answer."""
    sides = [
        Side(BARE, bare, setting.new_sign_ups, unique=False),
        Side(OURS, ours, setting.new_sign_ups),
    ]
    rounds = max(LEAST, setting.amounts.rounds)
    return in_turn(setting, "open loop: closed loops first", sides, rounds, setting.amounts.seconds * SHORTER)


def pace_at(closed: Rounds, side: str, share: float) -> Pace:
    """Give a share of the median rate of a side."""
    return Pace(closed.rate(side) * share)


def climb(setting: Setting, server: Server, closed: Rounds, share: float) -> Step:
    """Load the service shortly at one share of its rate."""
    setting.timeline.show(f"open loop: step at {share:.0%}")
    return Step(share, setting.load_at(server, pace_at(closed, OURS, share), setting.amounts.seconds * SHORTER))


def hold_both(setting: Setting, bare: Server, ours: Server, closed: Rounds, share: float) -> Held:
    """Load one side after the other at one share of its rate."""
    beside = hold(setting, bare, closed, share, BARE)
    with watching(ours, setting.file("pace")) as watched:
        return Held(share, hold(setting, ours, closed, share, OURS), beside, watched)


def hold(setting: Setting, server: Server, closed: Rounds, share: float, side: str) -> Report:
    """Load one side at one share of its rate."""
    seconds, ours = seconds_at(setting.amounts, share, side), side == OURS
    setting.timeline.show(f"open loop: {side} at {share:.0%} for {seconds:.0f} s")
    slices = round(seconds / SLICE) if ours and share == MARKED else 0
    return setting.load_at(server, pace_at(closed, side, share), seconds, slices, unique=ours)


def seconds_at(amounts: Amounts, share: float, side: str) -> float:
    """Give the seconds of a run."""
    return amounts.steady if side == OURS and share == MARKED else amounts.held


def expected(amounts: Amounts) -> float:
    """Give the seconds that the measure is expected to take, with those of processes and of verifying the file."""
    short = 2 * max(LEAST, amounts.rounds) + len(CLIMB)
    others = 2 * len(SHARES) - 1
    between = (short + others) * (amounts.warm_up + BETWEEN)
    return short * amounts.seconds * SHORTER + others * amounts.held + between + amounts.steady * 1.5 + VERIFYING
