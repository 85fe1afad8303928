"""Many rows at a time: each is read, checked and carried out, and what failed is written down."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import msgspec

from seatkeeper.http.cli.accounts.failed import FailedRows, Writer
from seatkeeper.http.cli.accounts.plans import PlanNotFound, Plans
from seatkeeper.http.cli.accounts.rows import AccountRow, Entry
from seatkeeper.http.cli.accounts.sending import Sender
from seatkeeper.http.cli.accounts.steps import RowImport
from seatkeeper.http.cli.statuses import CommandFailed
from seatkeeper.http.server.validation import explain


class Format(Writer, Protocol):
    """How accounts stand in a file."""

    @property
    def strict(self) -> bool:
        """Whether numbers, and true and false, are not text."""

    def entries(self) -> Iterator[Entry]:
        """Go through the accounts; raise OSError or CommandFailed."""


class Imported(NamedTuple):
    """How many accounts there are now, how many of them were there already, and their members of this import."""

    accounts: int
    repeated: int
    members: int
    seconds: float


class Import:
    """One import of one file."""

    def __init__(self, sender: Sender, plans: Plans, reader: Format, failed: FailedRows) -> None:
        """Import what is read into the service that is sent to."""
        self._sender = sender
        self._plans = plans
        self._reader = reader
        self._failed = failed
        self._seen: Counter[bytes] = Counter()
        self._accounts = self._repeated = self._members = 0

    async def run(self, at_once: int, lines: int, progress: Callable[[int, int], None]) -> Imported:
        """Import everything, so many accounts at a time; raise CommandFailed or OSError."""
        began = time.monotonic()
        self._failed.start()
        entries = self._reader.entries()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(self._work(entries, lambda line: progress(min(line, lines - 1), lines)))
        except ExceptionGroup as errors:
            raise self._told(_first(errors)) from errors
        progress(lines, lines)
        return Imported(self._accounts, self._repeated, self._members, time.monotonic() - began)

    def _told(self, error: Exception) -> Exception:
        """Say how far it came, if a service that is away has ended it."""
        if not isinstance(error, CommandFailed) or not self._accounts:
            return error
        return CommandFailed(f"{error}. {self._accounts:,} accounts are there: the same command goes on from here")

    async def _work(self, entries: Iterator[Entry], reached: Callable[[int], None]) -> None:
        for entry in entries:
            await self._import(entry)
            reached(entry.line)

    async def _import(self, entry: Entry) -> None:
        try:
            row = self._read(entry)
            plan_id = "" if row.account_id is not None else self._plans.find(row)
        except (Unreadable, PlanNotFound) as error:
            self._failed.add({**entry.raw, "line": entry.line, "problem": str(error)})
            return
        one = RowImport(self._sender, entry, row, self._key(entry))
        await one.run(plan_id)
        self._accounts += one.signed_up
        self._repeated += one.repeated
        self._members += one.members
        if one.failed:
            self._failed.add(one.left)

    def _read(self, entry: Entry) -> AccountRow:
        if entry.problem is not None:
            raise Unreadable(entry.problem)
        try:
            row = msgspec.convert(entry.raw, AccountRow, strict=self._reader.strict)
        except msgspec.ValidationError as error:
            steps, detail = explain(error, AccountRow)
            raise Unreadable(f"/{'/'.join(steps)}: {detail}") from error
        for member in row.members:
            member.problem = None
        return row

    def _key(self, entry: Entry) -> str:
        """Make the key of a row from what stands in it, and from how often the file had the same before.

        So the lines of a file may be sorted, and others be added, before it is imported again.
        """
        content = msgspec.json.encode(entry.raw, order="sorted")
        digest = hashlib.blake2b(content, digest_size=16).digest()
        self._seen[digest] += 1
        return f"import-{digest.hex()}-{self._seen[digest]}"


class Unreadable(Exception):
    """A row is no account; the message says why."""


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    """Return one error of a group: those of the others are the same, or come of it."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
