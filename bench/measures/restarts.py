"""The time of a start with many accounts on disk, and of the first command to an account after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bench.load.orders import Latency, NewMembers
from bench.load.tally import percentiles
from bench.sides import Ratio, spread
from bench.stored import forget_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.setting import Setting


class Restarts(msgspec.Struct, frozen=True):
    """Seconds from start to ready, empty and full in turn; the first (cold) and second (warm) command to accounts."""

    accounts: int
    empty: list[float]
    full: list[float]
    cold: Latency
    warm: Latency

    def ratio(self) -> Ratio:
        """Give the time of each full start over that of the empty one just before it."""
        return spread([one / other for one, other in zip(self.full, self.empty, strict=True)])


def measure(setting: Setting, full: str, accounts: int, sampled: Sequence[str]) -> Restarts:
    """Start on an empty and on the full file in turn, then send commands to the sampled accounts."""
    start(setting, "empty", "making the empty file")
    starts = [
        (start(setting, "empty", f"{number}, empty"), start(setting, full, f"{number}, {accounts:,} accounts"))
        for number in range(1, setting.amounts.starts + 1)
    ]
    cold, warm = activate(setting, full, sampled)
    return Restarts(accounts, [empty for empty, _ in starts], [seconds for _, seconds in starts], cold, warm)


def start(setting: Setting, name: str, step: str) -> float:
    """Start on a file that is not in the page cache, and stop; the seconds until it was ready."""
    setting.timeline.show(f"start {step}")
    forget_pages(setting.file(name))
    with setting.serving(name) as server:
        return server.ready_after


def activate(setting: Setting, name: str, accounts: Sequence[str]) -> tuple[Latency, Latency]:
    """After a start, add two members to each account, one after the other."""
    setting.timeline.show(f"first command to {len(accounts)} cold accounts")
    forget_pages(setting.file(name))
    with setting.serving(name) as server:
        times = setting.one_by_one(
            server, NewMembers([account for account in accounts for _ in ("cold", "warm")])
        ).times
    nanoseconds = [round(milliseconds * 1e6) for milliseconds in times]
    return percentiles(nanoseconds[0::2]), percentiles(nanoseconds[1::2])
