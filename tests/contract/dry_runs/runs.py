"""Dry runs of the writes of these tests, what they answer, and what a service has stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest

from seatkeeper.storage.registry import KINDS
from tests.contract.shapes import TIME, described, media_type
from tests.contract.stored import rows_of

if TYPE_CHECKING:
    import requests

    from tests.contract.idempotency.writes import Write
    from tests.service import Service

T = TypeVar("T")

TABLES = ("events", "receipts", "snapshots", "webhook_secrets", *(view.table for view in KINDS.views))
"""Where a write may store something."""

COUNTED = re.compile(
    r"^seatkeeper_(commit|refusal|live_actors|passivations|journal|api_keys)\w*({[^}]*})? .*$", re.MULTILINE
)
"""What is counted of commands and of what they store."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SECRET = re.compile(r'"(secret|token)":"[^"]+"')


class WouldStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event that a command would store."""

    type: str
    data: dict[str, object]


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command that would be accepted."""

    accepted: bool
    status: int
    answer: msgspec.Raw
    events: list[WouldStore]


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command that would be refused."""

    accepted: bool
    problem: dict[str, object]

    @property
    def slug(self) -> str:
        """By which rule."""
        return str(self.problem["type"]).removeprefix("/problems/")


def dry(write: Write) -> Write:
    """The same, only to be tried."""
    return replace(write, path=f"{write.path}?dry_run=true")


def accepted(response: requests.Response) -> Accepted:
    """Read the answer to a dry run of what would be accepted."""
    found = msgspec.json.decode(_body_of(response), type=Accepted)
    assert found.accepted is True
    return found


def refused(response: requests.Response) -> Refused:
    """Read the answer to a dry run of what would be refused."""
    found = msgspec.json.decode(_body_of(response), type=Refused)
    assert found.accepted is False
    return found


def _body_of(response: requests.Response) -> bytes:
    assert response.status_code == 200, described(response)
    assert media_type(response) == "application/json"
    assert response.headers.keys().isdisjoint({"ETag", "Seatkeeper-Position", "Location", "Idempotency-Replayed"})
    return response.content


def stored(service: Service) -> Mapping[str, object]:
    """Everything that a service has stored, and what it has counted of it."""
    rows = {table: sorted(map(str, rows_of(service, f"SELECT * FROM {table}"))) for table in TABLES}
    return {**rows, "metrics": [found[0] for found in COUNTED.finditer(service.get("/metrics").text)]}


def stores_nothing(service: Service, ask: Callable[[], T]) -> T:
    """Ask, and expect nothing to be stored by it; what the service does by itself meanwhile, it does only once."""
    for _ in range(5):
        before = stored(service)
        found = ask()
        if stored(service) == before:
            return found
    pytest.fail("something is stored each time")


def comparable(*texts: str) -> Sequence[str]:
    """The texts without what differs each time: times, the ids that are not in all of them, and secrets."""
    known = set.intersection(*(set(_ID.findall(text)) for text in texts))
    plain = [_SECRET.sub(r'"\1":null', TIME.sub("a time", text)) for text in texts]
    return [_ID.sub(lambda found: found[0] if found[0] in known else "a new id", text) for text in plain]
