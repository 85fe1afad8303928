"""The checker of all faults compares the answers that clients got with what is in the journal.

I1 an acknowledged command is there exactly once. I2 one without an answer is there once or not at all, and sent again
with its key it gets one final answer. I3 positions and versions are contiguous, the views say what the events say.
I4 the limits hold.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias
from zlib import crc32

from tests.service import Service, run_to_its_end
from tests.torture.rig.commands import Command
from tests.torture.rig.oracle import Journal
from tests.wire import Answer, Connection

Outcome: TypeAlias = Literal["done", "refused", "not now", "unknown"]

VERIFY_DEADLINE = 1_800.0
"""Seconds for `verify`; ten million events take it some minutes."""

RESOLVE_DEADLINE = 60.0
"""Seconds for a command that is sent again to get its final answer."""

MOST_AFTER = 3
"""Events of a command after the first one, at most: a seat, and what tells of the usage of members and of seats."""


@dataclass
class Record:
    """A command that was sent, and what its sender knows of it."""

    command: Command
    outcome: Outcome = "unknown"
    answer: Answer | None = None

    def note(self, answer: Answer) -> None:
        """Note an answer."""
        self.outcome, self.answer = outcome_of(answer), answer


def outcome_of(answer: Answer) -> Outcome:
    """What an answer promises: a 503 that nothing was changed, unless it says that it does not know."""
    if answer.status < 300:
        return "done"
    if answer.status in {408, 429} or (answer.status == 503 and answer.slug != "outcome-unknown"):
        return "not now"
    return "unknown" if answer.status >= 500 else "refused"


@dataclass
class Findings:
    """What was wrong, counted by kind, with the first sentences of it."""

    counts: Counter[str] = field(default_factory=Counter)
    sentences: list[str] = field(default_factory=list)
    _known: set[tuple[str, str]] = field(default_factory=set)

    def add(self, kind: str, sentence: str, subject: str = "") -> None:
        """Note one; what is wrong with the same subject again counts no second time."""
        if (kind, subject or sentence) in self._known:
            return
        self._known.add((kind, subject or sentence))
        self.counts[kind] += 1
        if len(self.sentences) < 20:
            self.sentences.append(f"{kind}: {sentence}"[:500])


class Ledger:
    """All commands that were sent to one file, or to the database at an address, and the findings about them."""

    def __init__(self, database: Path, address: str | None = None) -> None:
        self.database = database
        self.address = address
        self.journal = Journal()
        self.findings = Findings()
        self.outcomes: Counter[Outcome] = Counter()
        self.once_unknown = 0
        self._random = random.Random(0)
        self._open: list[Record] = []
        self._closed: list[Record] = []

    def send(self, command: Command) -> Record:
        """Note a command before it is sent."""
        record = Record(command)
        self._open.append(record)
        return record

    @property
    def unknown(self) -> list[Record]:
        """The commands that have no final answer yet."""
        return [record for record in self._open if record.outcome == "unknown"]

    def recovered(self) -> None:
        """After a fault, and before anything is sent again: compare the answers with the journal."""
        self.journal.read_on(self.address or self.database)
        self._check(self._open)

    async def resolve(self, port: int) -> None:
        """Send what is unknown again, with its key, until it has a final answer; ask that and some others once more."""
        unknown = self.unknown
        self.once_unknown += len(unknown)
        await asyncio.gather(*(self._resolve(port, some) for some in _parts(unknown, 16)))
        self.journal.read_on(self.address or self.database)
        self._check(self._open)
        final = [record for record in self._open if record.outcome in {"done", "refused"}]
        again = [*unknown[:20], *self._random.sample(final, min(20, len(final)))]
        await self._ask_again(port, again)
        self.outcomes.update(record.outcome for record in self._open)
        self._closed += self._open
        self._open = []

    async def _resolve(self, port: int, records: Iterable[Record]) -> None:
        async with asyncio.timeout(RESOLVE_DEADLINE), await Connection.open(port) as connection:
            for record in records:
                while record.outcome in {"unknown", "not now"}:
                    record.note(await self._send(connection, record.command))

    async def _send(self, connection: Connection, command: Command) -> Answer:
        return await connection.ask(command.method, command.path, command.body, command.headers)

    async def _ask_again(self, port: int, records: Iterable[Record]) -> None:
        async with await Connection.open(port) as connection:
            for record in records:
                answer = await self._send(connection, record.command)
                if not _replays(record.answer, answer):
                    self.findings.add("changed answer", f"{record.command} got {record.answer}, then {answer}")

    def _check(self, records: Iterable[Record]) -> None:
        for record in records:
            kind, sentence = self._finding(record)
            if kind:
                self.findings.add(kind, f"{sentence}: {record}", record.command.key)
        for gap in self.journal.gaps:
            self.findings.add("gap", gap)
        for broken in self.journal.broken:
            self.findings.add("broken", broken)
        self.journal.gaps, self.journal.broken = [], []

    def _finding(self, record: Record) -> tuple[str, str]:
        positions = self.journal.effects.get(record.command.effect, [])
        if len(positions) > 1:
            return "doubled", f"done {len(positions)} times"
        if record.outcome == "done":
            if not positions:
                return "lost", "acknowledged, and not in the journal"
            return self._place(record, positions[0])
        if positions and record.outcome in {"refused", "not now"}:
            return "doubled", "refused, and done all the same"
        return self._receipt(record)

    def _place(self, record: Record, position: int) -> tuple[str, str]:
        """Whether the last event of the command is where its answer said."""
        assert record.answer is not None
        headers, places = record.answer.headers, self.journal.places
        last = int(headers["seatkeeper-position"])
        if not position <= last <= position + MOST_AFTER or last > len(places):
            return "misplaced", f"answered position {last}, found at {position}"
        stream_id, version = places[last - 1]
        if headers["etag"] != f'"{version}"' or stream_id != places[position - 1].stream_id:
            return "misplaced", f"version {version} of {stream_id} lies there"
        return self._receipt(record)

    def _receipt(self, record: Record) -> tuple[str, str]:
        """Whether the final answer is stored under the key, and no other."""
        stored = self.journal.receipts.get(record.command.key)
        if record.outcome == "unknown" or record.answer is None:
            return "", ""
        if record.outcome == "not now":
            return ("", "") if stored is None else ("doubled", f"told to retry, and stored as {stored}")
        if stored is None:
            return "lost", "answered, and there is no receipt"
        if stored != (record.answer.status, crc32(record.answer.body)):
            return "changed answer", f"stored as {stored}"
        return "", ""

    def finish(self) -> None:
        """At the end, on a file that may still be served: read all of it anew, and let `verify` do the same."""
        before, self.journal = len(self.journal.places), Journal()
        self.journal.read_on(self.address or self.database)
        if len(self.journal.places) < before:
            self.findings.add("lost", f"{len(self.journal.places)} events of {before}")
        self._check([*self._closed, *self._open])
        for difference in self.journal.differences(self.address or self.database):
            self.findings.add("view", difference)
        complaint = complaint_of_verify(self.address or self.database)
        if complaint:
            self.findings.add("verify", complaint)

    def assert_well(self) -> None:
        """Fail, with what was found, if anything was."""
        assert not self.findings.sentences, "\n".join([str(dict(self.findings.counts)), *self.findings.sentences])


async def recovered(service: Service, ledger: Ledger) -> None:
    """Start a service again after a fault, compare the file with the answers, and resolve unknown outcomes."""
    service.start()
    try:
        assert service.get("/readyz").status_code == 200
        ledger.recovered()
        await ledger.resolve(service.port)
    finally:
        service.kill()
    ledger.assert_well()


def complaint_of_verify(database: Path | str) -> str:
    """What `seatkeeper verify` says of a file; nothing if all agrees."""
    ended = run_to_its_end("verify", "--database", str(database), deadline=VERIFY_DEADLINE)
    return f"exit {ended.status}: {ended.output[-2000:]}{ended.errors[-2000:]}" if ended.status else ""


def _replays(first: Answer | None, again: Answer) -> bool:
    if first is None or (first.status, first.body) != (again.status, again.body):
        return False
    names = ("etag", "seatkeeper-position", "location")
    same = all(first.headers.get(name) == again.headers.get(name) for name in names)
    return same and again.headers.get("idempotency-replayed") == "true"


def _parts(records: list[Record], count: int) -> Iterator[list[Record]]:
    return (records[start::count] for start in range(count) if records[start::count])
