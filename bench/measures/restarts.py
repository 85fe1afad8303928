"""How long a start takes with many accounts on disk, and the first command to an account that nobody has asked for."""

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
    """Seconds from start to ready, empty and full in turn; the same accounts asked first when cold, then when warm."""

    accounts: int
    empty: list[float]
    full: list[float]
    cold: Latency
    warm: Latency

    def ratio(self) -> Ratio:
        """Give the time of each full start over that of the empty one just before it."""
        return spread([one / other for one, other in zip(self.full, self.empty, strict=True)])


def measure(setting: Setting, full: str, accounts: int, sampled: Sequence[str]) -> Restarts:
    """Start on an empty and on the full file in turn, then wake the accounts of the sample."""
    start(setting, "empty", "making the empty file")
    starts = [
        (start(setting, "empty", f"{number}, empty"), start(setting, full, f"{number}, {accounts:,} accounts"))
        for number in range(1, setting.amounts.starts + 1)
    ]
    cold, warm = wake(setting, full, sampled)
    return Restarts(accounts, [empty for empty, _ in starts], [seconds for _, seconds in starts], cold, warm)


def start(setting: Setting, name: str, step: str) -> float:
    """Start on a file that is not in the page cache, and stop; seconds until it was ready."""
    setting.timeline.tell(f"start {step}")
    forget_pages(setting.file(name))
    with setting.serving(name) as server:
        return server.ready_after


def wake(setting: Setting, name: str, accounts: Sequence[str]) -> tuple[Latency, Latency]:
    """Just after a start, add a member to an account, then another one to the same, then go on to the next account."""
    setting.timeline.tell(f"first command to {len(accounts)} cold accounts")
    forget_pages(setting.file(name))
    with setting.serving(name) as server:
        times = setting.one_by_one(
            server, NewMembers([account for account in accounts for _ in ("cold", "warm")])
        ).times
    nanoseconds = [round(milliseconds * 1e6) for milliseconds in times]
    return percentiles(nanoseconds[0::2]), percentiles(nanoseconds[1::2])
