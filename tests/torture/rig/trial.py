"""A trial: one fault, how often it was injected, what was sent meanwhile, and what was found afterwards."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.service import Service
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import World

SEED = int(os.environ.setdefault("TORTURE_SEED", str(time.time_ns() % 1_000_000_000)))
"""Of the drawn commands; in the environment, so that the processes of pytest-xdist share it."""


class Row(msgspec.Struct, frozen=True):
    """A line of the table of promises."""

    fault: str
    rounds: int
    acknowledged: int
    refused: int
    unknown: int
    lost: int
    doubled: int
    broken_limits: int
    other_findings: int
    seconds: float


@dataclass
class Trial:
    """What a test of a fault is given."""

    folder: Path
    name: str
    fault: str = ""
    rounds: int = 0
    ledgers: list[Ledger] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    seed: int = SEED
    started: float = field(default_factory=time.monotonic)
    notes: list[str] = field(default_factory=list)
    """What else was measured, in sentences."""

    @property
    def database(self) -> Path:
        """The usual file of the trial."""
        return self.folder / "seatkeeper.db"

    def begin(self, fault: str) -> Ledger:
        """Name the fault, and begin a ledger of the usual file."""
        self.fault = fault
        return self.ledger(self.database)

    def ledger(self, database: Path, address: str | None = None) -> Ledger:
        """Begin a ledger of another file, or of the database at an address."""
        self.ledgers.append(Ledger(database, address))
        return self.ledgers[-1]

    def service(
        self, database: Path | None = None, *, program: Sequence[str] = (), arguments: Sequence[str] | None = None
    ) -> Service:
        """A service that may be started again and again; if a failure leaves it, the trial ends it."""
        self.services.append(Service(database or self.database, program=program, arguments=arguments))
        return self.services[-1]

    def end(self) -> Row:
        """End what still runs, and sum up."""
        for service in self.services:
            if service.running:
                service.kill()
        return self.row()

    def world(self) -> World:
        """Clients who know nothing yet."""
        return World(self.seed)

    def row(self) -> Row:
        """Sum it up."""
        found = [ledger.findings.counts for ledger in self.ledgers]
        lost, doubled, broken = (sum(counts[kind] for counts in found) for kind in ("lost", "doubled", "broken"))
        done, refused = (sum(ledger.outcomes[kind] for ledger in self.ledgers) for kind in ("done", "refused"))
        return Row(
            fault=self.fault,
            rounds=self.rounds,
            acknowledged=done,
            refused=refused,
            unknown=sum(ledger.once_unknown for ledger in self.ledgers),
            lost=lost,
            doubled=doubled,
            broken_limits=broken,
            other_findings=sum(counts.total() for counts in found) - lost - doubled - broken,
            seconds=round(time.monotonic() - self.started, 1),
        )


def by_fault(rows: Sequence[Row]) -> list[Row]:
    """Add up the rows of each fault, in the order of the catalogue."""
    sums: dict[str, Row] = {}
    for row in rows:
        last = sums.get(row.fault)
        sums[row.fault] = row if last is None else _sum(last, row)
    return [sums[fault] for fault in sorted(sums, key=_place)]


def _sum(one: Row, other: Row) -> Row:
    numbers = {name: getattr(one, name) + getattr(other, name) for name in Row.__struct_fields__ if name != "fault"}
    return msgspec.structs.replace(one, **{**numbers, "seconds": round(numbers["seconds"], 1)})


def _place(fault: str) -> tuple[int, int, str]:
    return "FAWC".find(fault[0]), int(re.sub(r"\D", "", fault.split(maxsplit=1)[0]) or 0), fault


def table(rows: Sequence[Row]) -> list[str]:
    """Write the rows as lines of text."""
    names = Row.__struct_fields__
    cells = [[name.replace("_", " ") for name in names], *([str(getattr(row, name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]
