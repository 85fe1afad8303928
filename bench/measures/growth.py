"""Rate and memory while a file fills with sign-ups; the restarts use the same file."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from bench.failure import BenchFailure
from bench.stored import verify, verify_accounts

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting

REST: Final = 1.0
"""Seconds before the memory is read, so that writes in the background end."""

PARTS: Final = 5


class Point(msgspec.Struct, frozen=True):
    """With so many accounts stored: sign-ups a second on the way there, and resident bytes."""

    accounts: int
    rate: float
    resident: int


class Growth(msgspec.Struct, frozen=True):
    """The points, and ids of accounts from all parts."""

    points: list[Point]
    sampled: list[str]

    def bytes_an_account(self) -> float:
        """Give the bytes for each account from the first point on, without what the process needs anyway."""
        first, last = self.points[0], self.points[-1]
        return (last.resident - first.resident) / (last.accounts - first.accounts)


class Filled(msgspec.Struct, frozen=True):
    """The growth, and the bytes of an actor beside its state, measured without a server."""

    growth: Growth
    actor_bytes: int


def measure(setting: Setting) -> Filled:
    """Fill a file through the service with all accounts live; the restarts use the file."""
    growth = grow(setting, "full", setting.amounts.accounts, PARTS)
    return Filled(growth, actor_bytes_beside_state(setting))


def grow(setting: Setting, name: str, accounts: int, parts: int) -> Growth:
    """Sign up so many accounts in a new file, part by part, and read the memory after each; then verify the file."""
    with setting.serving(name) as server:
        growth = sign_up(setting, server, accounts, parts)
    stored = growth.points[-1].accounts
    setting.timeline.show(f"verifying {stored:,} accounts")
    verify_accounts(setting.file(name), stored)
    verify(setting.file(name))
    return growth


def sign_up(setting: Setting, server: Server, accounts: int, parts: int) -> Growth:
    """Sign up part by part."""
    points: list[Point] = []
    sampled: list[str] = []
    stored = 0
    for _ in range(parts):
        setting.timeline.show(f"filling: {stored:,} of {accounts:,} accounts")
        samples = max(1, setting.amounts.probes // parts)
        report = setting.load_to_the_end(server, setting.new_sign_ups(), accounts // parts, samples)
        time.sleep(REST)
        stored += report.acknowledged
        sampled += report.sampled
        points.append(Point(stored, report.rate, server.resident()))
    return Growth(points, sampled)


def actor_bytes_beside_state(setting: Setting) -> int:
    """Measure the actor in a process of its own, in bytes."""
    setting.timeline.show("memory: actors beside their state")
    command = [sys.executable, "-m", "bench.measures.actor_memory"]
    measured = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if measured.returncode != 0:
        raise BenchFailure(f"the memory of actors could not be measured:\n{measured.stderr[-2000:]}")
    return int(measured.stdout)
