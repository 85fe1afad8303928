"""Replays: the states that the stored events of a stream lead to, and what must hold in each of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from seatkeeper.actors.accounts import account as accounts
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountOpened, CreditAdjusted, Money
from seatkeeper.actors.journal import StreamDamaged
from seatkeeper.actors.messages import Event
from seatkeeper.actors.subscriptions import plan as plans
from seatkeeper.actors.subscriptions.events import PlanDefined
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.records import decode_event

Stored: TypeAlias = tuple[int, bytes, int, bytes, bytes, bytes, int]
"""A row of the table `events`, its text as bytes."""

Step: TypeAlias = tuple[int, int, Event, Account | Plan]
"""Position, version, event, and the state that it led to, which changes with the next step."""

EVENTS = "SELECT position, stream_id, version, type, recorded_at, data, checksum FROM events"
BY_STREAM = f"{EVENTS} INDEXED BY sqlite_autoindex_events_1 ORDER BY stream_id, version"


def replay(stream_id: bytes, rows: Iterable[Stored]) -> Iterator[Step]:
    """Replay a stream from its first event on; raise StreamDamaged, which names the first row that is not right."""
    state: Account | Plan | None = None
    last_version = last_position = 0
    for position, _, version, tag, recorded_at, data, checksum in rows:
        if version != last_version + 1:
            raise _damage(position, stream_id, version, f"comes after version {last_version}")
        if position <= last_position:
            raise _damage(position, stream_id, version, f"comes after position {last_position}")
        if checksum != row_sum(stream_id, version, tag, recorded_at, data):
            raise _damage(position, stream_id, version, "does not match its checksum")
        try:
            event = decode_event(tag.decode(), data)
        except (KeyError, ValueError, TypeError, AttributeError) as error:  # a DecodeError is a ValueError
            raise _damage(position, stream_id, version, f"cannot be read: {error!r}") from error
        try:
            state = _begin(stream_id, event) if version == 1 else _go_on(state, event)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damage(position, stream_id, version, f"does not fit here: {error!r}") from error
        last_version, last_position = version, position
        yield position, version, event, state


def broken_rules(event: Event, state: Account | Plan) -> list[str]:
    """Say which promises this state of an account breaks: members, seats, credit, an admin, the balance."""
    if not isinstance(state, Account):
        return []
    broken = []
    if len(state.members) > state.user_limit:
        broken.append(f"{len(state.members)} members of {state.user_limit}")
    if state.seats_taken > state.total_seats:
        broken.append(f"{state.seats_taken} seats taken of {state.total_seats}")
    if state.credit < 0:
        broken.append(f"a credit of {state.credit}")
    if not state.admins and not isinstance(event, AccountOpened):
        broken.append("no admin")
    if isinstance(event, CreditAdjusted):
        balance = Money(state.credit, state.currency)
        if event.balance != balance or event.amount.currency != state.currency:
            broken.append(f"a balance of {_money(event.balance)}, where the events add up to {_money(balance)}")
    return broken


def row_sum(*columns: object) -> int:
    """Sum up the columns of a row as they lie in the file, text as bytes, so that no two forms of it are alike."""
    return zlib.crc32(b"\n".join(column if isinstance(column, bytes) else b"%a" % (column,) for column in columns))


def shown(text: object) -> str:
    """Show what lies in a file on one line of a terminal, whatever it is."""
    if not isinstance(text, bytes):
        return repr(text)
    decoded = text.decode("utf-8", "replace")
    return decoded if decoded.isprintable() else ascii(decoded)


def _begin(stream_id: bytes, event: Event) -> Account | Plan:
    kind, _, identity = stream_id.decode("utf-8", "replace").partition("-")
    if kind == "account" and isinstance(event, AccountOpened) and event.account_id == identity:
        return accounts.evolve(None, event)
    if kind == "plan" and isinstance(event, PlanDefined) and event.plan_id == identity:
        return plans.evolve(None, event)
    message = f"{event.tag} does not begin {shown(stream_id)}"
    raise ValueError(message)


def _go_on(state: Account | Plan | None, event: Event) -> Account | Plan:
    if isinstance(event, AccountOpened | PlanDefined):
        message = f"a second {event.tag}"
        raise ValueError(message)  # noqa: TRY004 - a wrong event, not a wrong argument
    return accounts.evolve(state, event) if isinstance(state, Account) else plans.evolve(state, event)


def _money(money: Money) -> str:
    return f"{money.amount} {money.currency}"


def _damage(position: int, stream_id: bytes, version: int, what: str) -> StreamDamaged:
    return StreamDamaged(f"event {position} ({shown(stream_id)}, version {version}) {what}")
