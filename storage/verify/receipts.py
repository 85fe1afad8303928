"""The check of receipts: each is whole, and its answer agrees with the journal at its position."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import NamedTuple, TypeAlias, cast

import msgspec

from seatkeeper.actors.aggregates.aggregate import AnyAggregate
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import kind_of, printable, row_checksum

_RECEIPTS = (
    "SELECT number, key, fingerprint, status, receipts.version, receipts.position, location, body,"
    " receipts.recorded_at, receipts.checksum, events.version"
    " FROM receipts LEFT JOIN events ON events.position = receipts.position ORDER BY number"
)

_ANSWERS = (
    "SELECT events.stream_id, events.version, number FROM receipts JOIN events ON events.position = receipts.position"
    " WHERE status < 300 AND body <> '' AND events.version = coalesce(receipts.version, events.version)"
    " ORDER BY events.stream_id, events.version"
)

AT_ONCE = 100
"""Answers whose bodies are in memory at once."""

Receipt: TypeAlias = tuple[bytes, bytes, int, int | None, int | None, bytes | None, bytes, bytes, int, int | None]
"""The columns of a receipt but its number, its text as bytes, and the version of the event at its position."""

_KINDS = (bytes, bytes, int, int | None, int | None, bytes | None, bytes, bytes, int, int | None)


def receipt_findings(reading: Reading) -> Iterator[list[str]]:
    """Go through all receipts, each with its findings; where the engine leaves no gaps, they are numbered 1, 2, ..."""
    last = 0
    gaps = not reading.dialect.numbers_without_gaps
    if not _has_receipts(reading):
        return
    for number, *row in cast("Iterator[tuple[int, *Receipt]]", reading.rows(_RECEIPTS)):
        lines = [] if gaps or number == last + 1 else [_gap(last, number)]
        last = number
        wrong = _wrong_row(row) or _wrong(cast("Receipt", tuple(row)))
        if wrong is not None:
            lines.append(f"receipt {printable(row[0])}: {wrong}")
        yield lines


def _gap(last: int, number: int) -> str:
    if number == last + 2:
        return f"receipts: number {last + 1} is missing"
    return f"receipts: numbers {last + 1} to {number - 1} are missing"


class Answer(NamedTuple):
    """What was answered to a command that was accepted; the version is 0 after the last one."""

    stream_id: bytes = b""
    version: int = 0
    key: bytes = b""
    body: bytes = b""


class Answers:
    """The answers to accepted commands, in the order of the streams, compared with the state at their version."""

    def __init__(self, reading: Reading, kinds: Kinds) -> None:
        """Read these."""
        self._reading = reading
        self._kinds = kinds
        self._rows = self._read() if _has_receipts(reading) else iter(())
        self._next_row()

    def _read(self) -> Iterator[Answer]:
        """Read the answers in their order, and their bodies some at once, because sorting them would cost a copy."""
        rows = cast("Iterator[tuple[bytes, int, int]]", self._reading.rows(_ANSWERS))
        while some := list(itertools.islice(rows, AT_ONCE)):
            numbers = [number for _, _, number in some]
            sql = f"SELECT number, key, body FROM receipts WHERE number IN ({', '.join('?' * len(some))})"  # noqa: S608 - only marks
            found = cast("Sequence[tuple[int, bytes, bytes]]", self._reading.fetch(sql, numbers))
            bodies = {number: (key, body) for number, key, body in found}
            yield from (Answer(stream_id, version, *bodies[number]) for stream_id, version, number in some)

    def _next_row(self) -> None:
        self._stream_id, self.version, self._key, self._body = next(self._rows, Answer())

    def enter(self, stream_id: bytes) -> None:
        """Go to a stream; answers that are left of earlier streams, which are damaged, are skipped."""
        while self.version and self._stream_id < stream_id:
            self._next_row()

    def compare(self, stream_id: bytes, state: object, version: int) -> Iterator[str]:
        """Compare the answers of this version of a stream."""
        while self.version == version and self._stream_id == stream_id:
            if not self._agrees(self._body, kind_of(stream_id, self._kinds), state, version):
                name = printable(stream_id)
                yield f"receipt {printable(self._key)}: its body differs from version {version} of {name}"
            self._next_row()

    @staticmethod
    def _agrees(body: bytes, kind: type[AnyAggregate], state: object, version: int) -> bool:
        try:
            stored = msgspec.json.decode(body)
        except (TypeError, ValueError):
            return True  # a body that is not JSON is a finding of its own
        today = kind.stored_answer(state, version, stored) if isinstance(stored, dict) else None
        return today is not None and _agree(stored, msgspec.to_builtins(today))


def _has_receipts(reading: Reading) -> bool:
    """Return whether there is a table of receipts, which SQLite's schema 1 lacks."""
    return "receipts" in reading.tables


def _agree(stored: object, today: object) -> bool:
    """Return whether a stored answer and the answer of today agree in all fields that both have."""
    if not isinstance(stored, dict) or not isinstance(today, dict):
        return stored == (list(today) if isinstance(today, tuple) else today)
    return all(_agree(stored[name], value) for name, value in today.items() if name in stored)


def _wrong_row(row: Sequence[object]) -> str | None:
    if not all(isinstance(column, kind) for column, kind in zip(row, _KINDS, strict=True)):
        return "has a value of another type"
    key, fingerprint, *columns, code, _ = cast("Receipt", tuple(row))
    if code != row_checksum(key, fingerprint.hex().encode(), *columns):
        return "does not match its checksum"
    return None


def _wrong(row: Receipt) -> str | None:
    _, _, status, version, position, _, body, _, _, found = row
    if not HTTPStatus.OK <= status < HTTPStatus.INTERNAL_SERVER_ERROR or 300 <= status < 400:  # noqa: PLR2004
        return f"status {status} is not a final answer"
    if (position is None) == (status < HTTPStatus.BAD_REQUEST):
        return f"status {status} with position {position}"
    if position is not None and found is None:
        return f"there is no event at its position {position}"
    if position is not None and version is not None and found != version:
        return f"version {version}, but the event at its position {position} has version {found}"
    return _wrong_body(status, body)


def _wrong_body(status: int, body: bytes) -> str | None:
    if (status == HTTPStatus.NO_CONTENT) != (body == b""):
        return f"status {status} with a body of {len(body)} bytes"
    if body:
        try:
            msgspec.json.decode(body)
        except ValueError as error:
            return f"its body is not JSON: {error}"
    return None
