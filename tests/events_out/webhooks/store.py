"""The tables of the deliveries in memory, which can refuse and forget."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.deliveries import Attempt, Secret, Waiting

SECRET = "whsec_c2VhdGtlZXBlciBzaWducyB3aXRoIHRoaXMga2V5"


@dataclass
class MemoryDeliveries:
    """What SQLite would hold, for one webhook or several."""

    begin: int = 0
    signing: list[Secret] = field(default_factory=lambda: [Secret(SECRET, None)])
    positions: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[int, Waiting]] = field(default_factory=dict)
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    writes: int = 0
    refusing: bool = False

    async def secrets(self, _webhook_id: str) -> list[Secret]:
        await asyncio.sleep(0)
        return list(self.signing)

    async def progress(self, webhook_id: str) -> int:
        await asyncio.sleep(0)
        return self.positions.get(webhook_id, self.begin)

    async def waiting(self, webhook_id: str) -> list[Waiting]:
        await asyncio.sleep(0)
        return [row for _, row in sorted(self.rows.get(webhook_id, {}).items())]

    async def record(
        self,
        webhook_id: str,
        *,
        position: int,
        attempts: Sequence[Attempt] = (),
        waiting: Sequence[Waiting] = (),
        done: Sequence[int] = (),
    ) -> None:
        if self.refusing:
            raise NotStored("the disk is full")
        rows = self.rows.setdefault(webhook_id, {})
        for one in done:
            assert rows.pop(one).position == one
        rows.update({row.position: row for row in waiting})
        self.positions[webhook_id] = position
        self.attempts.setdefault(webhook_id, []).extend(attempts)
        self.writes += 1
