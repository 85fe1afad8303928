"""How long a start takes with many accounts on disk, and the first command to an account that nobody has asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bench import servers
from bench.answers import percentiles
from bench.orders import Latency
from bench.stored import forget_pages, verify_accounts

if TYPE_CHECKING:
    from pathlib import Path

    from bench.setting import Setting


class Restarts(msgspec.Struct, frozen=True):
    """Seconds from start to ready, empty and full in turn; the same accounts asked first when cold, then when warm."""

    empty: list[float]
    full: list[float]
    cold: Latency
    warm: Latency


def measure(setting: Setting, full: Path, accounts: list[str]) -> Restarts:
    """Start on an empty and on the full database in turn, then wake accounts; the full one still has them all after."""
    empty = setting.directory / "empty.db"
    start(setting, empty)
    starts = [
        (start(setting, empty, f"start {number}: empty"), start(setting, full, f"start {number}: full"))
        for number in range(1, setting.amounts.starts + 1)
    ]
    cold, warm = wake(setting, full, accounts)
    verify_accounts(full, setting.amounts.accounts)
    return Restarts([seconds for seconds, _ in starts], [seconds for _, seconds in starts], cold, warm)


def start(setting: Setting, database: Path, step: str = "start: making the empty database") -> float:
    """Start on a file that is not in the page cache, and stop; seconds until it was ready."""
    setting.timeline.tell(step)
    forget_pages(database)
    with servers.running(servers.seatkeeper(database), setting.cores.server, setting.directory / "start.log") as server:
        return server.ready_after


def wake(setting: Setting, database: Path, accounts: list[str]) -> tuple[Latency, Latency]:
    """Just after a start, add a member to an account, then another one to the same, then go on to the next account."""
    setting.timeline.tell(f"first command to {len(accounts)} cold accounts")
    forget_pages(database)
    with servers.running(servers.seatkeeper(database), setting.cores.server, setting.directory / "wake.log") as server:
        times = setting.add_members(server, [account for account in accounts for _ in ("cold", "warm")]).times
    return percentiles(times[0::2]), percentiles(times[1::2])
