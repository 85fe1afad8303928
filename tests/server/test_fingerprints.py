"""The fingerprints of requests, which are stored with their answers: older releases wrote them like this."""

from __future__ import annotations

import hashlib

import pytest

from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.requests import RequestReader
from seatkeeper.http.server.routes import Call, Nothing

RETIRE = next(route for route in ROUTES if route.name == "retire_plan")
PLAN_ID = "00000000-0000-7000-8000-000000000002"


def fingerprint(versions: frozenset[int] | None) -> bytes:
    call: Call[object, object] = Call({"plan_id": PLAN_ID}, Nothing(), Nothing(), CommandOptions(versions))
    return RequestReader(RETIRE, 1.0).fingerprint(call, b"")


@pytest.mark.parametrize(
    ("versions", "written"),
    [
        (None, "None"),
        (frozenset({7}), "7"),
        (frozenset({0}), "0"),
        (frozenset(), "-1"),
        (frozenset({70, 3, 12}), "3,12,70"),
    ],
)
def test_the_expected_versions_are_in_it(versions: frozenset[int] | None, written: str) -> None:
    text = f"POST\n/v1/plans/{{plan_id}}/retire\n{PLAN_ID}\n{written}\n" + "{}"
    assert fingerprint(versions) == hashlib.blake2b(text.encode(), digest_size=16).digest()
