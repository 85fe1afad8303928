"""The check of what a receiver got: each kind of wrong is found and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from standardwebhooks import Webhook

from tests.events_out.webhooks.receiver import Receiver, Request
from tests.events_out.webhooks.store import SECRET
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.oracle import Place
from tests.torture.rig.receivers import check

STREAMS = ("account-1", "account-2", "account-1", "account-1")


def message(position: int, message_id: str = "", extra: str = "") -> Request:
    """A signed message about an event."""
    name, now = message_id or f"journal_{position}", datetime.now(UTC)
    event = {"position": position, "stream_id": STREAMS[position - 1], "extra": extra}
    body = msgspec.json.encode({"data": event})
    signature = Webhook(SECRET).sign(name, now, body.decode())
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return Request("/in", headers, body)


def found(folder: Path, requests: list[Request]) -> dict[str, int]:
    """What is found of these messages."""
    ledger = Ledger(folder / "seatkeeper.db")
    ledger.journal.places = [Place(stream, 1) for stream in STREAMS]
    check(Receiver(requests=requests), SECRET, ledger)
    return dict(ledger.findings.counts)


def sound() -> list[Request]:
    """Everything, with repeats, and the streams beside each other."""
    return [message(position) for position in (2, 1, 3, 1, 3, 4)]


def test_what_came_in_order_with_repeats_is_sound(tmp_path: Path) -> None:
    assert found(tmp_path, sound()) == {}


PLANTS: dict[str, Callable[[list[Request]], list[Request]]] = {
    "lost": lambda some: some[1:],
    "out of order": lambda some: [some[2], *some],
    "signature": lambda some: [*some, some[0]._replace(body=some[0].body + b" ")],
    "changed message": lambda some: [*some, message(1, extra="other")],
}


@pytest.mark.parametrize("kind", PLANTS)
def test_what_is_wrong_is_found(kind: str, tmp_path: Path) -> None:
    assert found(tmp_path, PLANTS[kind](sound())) == {kind: 1}


def test_an_event_that_comes_with_two_ids_is_found(tmp_path: Path) -> None:
    assert found(tmp_path, [*sound(), message(1, "other_1")]) == {"changed message": 1}
