"""Receipts, checked: what was answered is whole, and it is what the journal says of that moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import TypeAlias, cast

import msgspec

from seatkeeper.actors.accounts import summaries
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import MemberId
from seatkeeper.actors.subscriptions import plan as plans
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.replay import row_sum, shown

_RECEIPTS = (
    "SELECT number, key, fingerprint, status, receipts.version, receipts.position, location, body,"
    " receipts.recorded_at, receipts.checksum, events.version"
    " FROM receipts LEFT JOIN events ON events.position = receipts.position ORDER BY number"
)

_ANSWERS = (
    "SELECT events.stream_id, events.version, number FROM receipts JOIN events ON events.position = receipts.position"
    " WHERE status < 300 AND body <> '' AND events.version = ifnull(receipts.version, events.version)"
    " ORDER BY events.stream_id, events.version"
)

Receipt: TypeAlias = tuple[bytes, bytes, int, int | None, int | None, bytes | None, bytes, bytes, int, int | None]
"""The columns of a receipt but its number, its text as bytes, and the version of the event at its position."""

_KINDS = (bytes, bytes, int, int | None, int | None, bytes | None, bytes, bytes, int, int | None)


def receipt_findings(connection: sqlite3.Connection) -> Iterator[list[str]]:
    """Go through all receipts, each with its findings; their numbers are 1, 2, 3, ..."""
    if not _are_kept(connection):
        return
    last = 0
    for number, *row in connection.execute(_RECEIPTS):
        lines = [] if number == last + 1 else [_gap(last, number)]
        last = number
        wrong = _wrong_row(row) or _wrong(cast("Receipt", tuple(row)))
        if wrong is not None:
            lines.append(f"receipt {shown(row[0])}: {wrong}")
        yield lines


def _gap(last: int, number: int) -> str:
    missing = f"number {last + 1}" if number == last + 2 else f"the numbers {last + 1} to {number - 1}"
    return f"receipts: there is none with {missing}"


class Answers:
    """The answers to accepted commands, in the order of the streams, compared with the state that they tell of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        self._connection = connection
        self._rows = iter(connection.execute(_ANSWERS) if _are_kept(connection) else ())
        self._turn()

    def _turn(self) -> None:
        self._stream_id, self.version, self._number = next(self._rows, (b"", 0, 0))

    def enter(self, stream_id: bytes) -> None:
        """Come to a stream; what is left of those before it, which are damaged, is passed over."""
        while self.version and self._stream_id < stream_id:
            self._turn()

    def compare(self, stream_id: bytes, state: Account | Plan, version: int) -> Iterator[str]:
        """Compare the answers that were given at this version of a stream."""
        while self.version == version and self._stream_id == stream_id:
            row = self._connection.execute(
                "SELECT key, body FROM receipts WHERE number = ?", (self._number,)
            ).fetchone()
            if not _tells_of(row[1], state, version):
                yield f"receipt {shown(row[0])}: its body is not what version {version} of {shown(stream_id)} is like"
            self._turn()


def _are_kept(connection: sqlite3.Connection) -> bool:
    """Tell whether there is a table of receipts: schema 1 had none."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] > 1)


def _tells_of(body: bytes, state: Account | Plan, version: int) -> bool:
    """Tell whether the body and what would be answered today agree in all that is in both."""
    try:
        told = msgspec.json.decode(body)
    except (TypeError, ValueError):
        return True  # which is a finding of its own
    if isinstance(state, Plan):
        return _agree(told, plans.summarize(state, version))
    if not isinstance(told, dict) or not ("member" in told or "member_id" in told):
        return _agree(told, summaries.summarize(state, version))
    return _tells_of_member(told.get("member", told), state) and (
        "account" not in told or _agree(told["account"], summaries.summarize(state, version))
    )


def _tells_of_member(told: object, account: Account) -> bool:
    member_id = told.get("member_id") if isinstance(told, dict) else None
    if not isinstance(member_id, str) or member_id not in account.members:
        return False
    return _agree(told, summaries.summarize_member(account, MemberId(member_id)))


def _agree(told: object, summary: msgspec.Struct) -> bool:
    if not isinstance(told, dict):
        return False
    today = msgspec.to_builtins(summary)
    return all(told[name] == value for name, value in today.items() if name in told)


def _wrong_row(row: Sequence[object]) -> str | None:
    if not all(isinstance(column, kind) for column, kind in zip(row, _KINDS, strict=True)):
        return "has a value of another type"
    key, fingerprint, *columns, code, _ = cast("Receipt", tuple(row))
    if code != row_sum(key, fingerprint.hex().encode(), *columns):
        return "does not match its checksum"
    return None


def _wrong(row: Receipt) -> str | None:
    _, _, status, version, position, _, body, _, _, found = row
    if not HTTPStatus.OK <= status < HTTPStatus.INTERNAL_SERVER_ERROR or 300 <= status < 400:  # noqa: PLR2004
        return f"status {status} is no final answer"
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
            return f"its body is no JSON: {error}"
    return None
