"""What a live account costs in memory, and the database that the restarts are measured on."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from bench import servers
from bench.failure import BenchFailure
from bench.stored import verify_accounts

if TYPE_CHECKING:
    from pathlib import Path

    from bench.servers import Server
    from bench.setting import Setting

SETTLE: Final = 1.0
"""Seconds of rest before the memory is read, for what is written off the answer's path."""


class Memory(msgspec.Struct, frozen=True):
    """Resident bytes of the server with few and with many live accounts: the difference leaves out what is there once.

    `actor_bytes` is what an actor takes beside its state, without any server around it.
    """

    few: int
    few_resident: int
    many: int
    many_resident: int
    actor_bytes: int

    def bytes_an_account(self) -> float:
        """Give the growth of the resident memory for each account."""
        return (self.many_resident - self.few_resident) / (self.many - self.few)


class Filled(msgspec.Struct, frozen=True):
    """The memory that was measured while the database was filled, and ids of accounts that are spread over it."""

    memory: Memory
    sampled: list[str]
    accounts_stored: int


def measure(setting: Setting, database: Path) -> Filled:
    """Fill a database through the service: read its memory at a fifth and at four fifths, where all are still live."""
    fifth, rest = setting.amounts.accounts // 5, setting.amounts.accounts - 4 * (setting.amounts.accounts // 5)
    with servers.running(servers.seatkeeper(database), setting.cores.server, setting.directory / "fill.log") as server:
        sampled, few = fill(setting, server, fifth)
        more, many = fill(setting, server, 3 * fifth)
        last, _ = fill(setting, server, rest)
    stored = verify_accounts(database, setting.amounts.accounts)
    memory = Memory(fifth, few, 4 * fifth, many, actor_bytes_beside_state(setting))
    return Filled(memory, sampled + more + last, stored)


def fill(setting: Setting, server: Server, accounts: int) -> tuple[list[str], int]:
    """Sign up so many more; ids of some of them, and the resident bytes when all has come to rest."""
    setting.timeline.tell(f"memory: {accounts:,} more accounts")
    samples = max(1, setting.amounts.probes * accounts // setting.amounts.accounts)
    report = setting.sign_up(server, accounts, samples)
    time.sleep(SETTLE)
    return report.sampled, server.resident()


def actor_bytes_beside_state(setting: Setting) -> int:
    """Measure the actor by itself, in a process of its own; bytes."""
    setting.timeline.tell("memory: actors beside their state")
    command = [sys.executable, "-m", "bench.actor_memory"]
    measured = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if measured.returncode != 0:
        raise BenchFailure(f"the memory of actors could not be measured:\n{measured.stderr[-2000:]}")
    return int(measured.stdout)
