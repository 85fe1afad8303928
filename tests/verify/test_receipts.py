"""Receipts, verified: each is whole, its event exists, and its answer agrees with the journal at its position."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from seatkeeper.storage.records import to_json
from tests.accounts.past import BOB, EVE
from tests.storage.stores import run
from tests.verify.sound_file import ONE, PLAN, findings, receipt, write_sound_file


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    await write_sound_file(tmp_path / "seatkeeper.db")
    return tmp_path / "seatkeeper.db"


RIGHT_RECEIPTS: Sequence[dict[str, object]] = [
    {"status": 201, "location": "/v1/accounts/a1"},
    {"status": 204, "body": ""},
    {"status": 409, "version": None, "position": None, "body": '{"status":409}'},
    {"status": 412, "version": 3, "position": None},
]
WRONG_RECEIPTS: Sequence[tuple[dict[str, object], str]] = [
    ({"status": 503, "position": None}, "status 503 is not a final answer"),
    ({"status": 302}, "status 302 is not a final answer"),
    ({"position": None}, "status 200 with position None"),
    ({"status": 409}, "status 409 with position 6"),
    ({"position": 99}, "there is no event at its position 99"),
    ({"position": 5}, "version 6, but the event at its position 5 has version 5"),
    ({"body": ""}, "status 200 with a body of 0 bytes"),
    ({"status": 204}, "status 204 with a body of 13 bytes"),
    ({"body": "{"}, "its body is not JSON: Input data was truncated"),
]


MEMBER = {"member_id": BOB, "name": "Bob", "seated": True}
ACCOUNT = {"account_id": ONE, "account_name": "Looms", "credit": {"amount": 700, "currency": "EUR"}, "version": 6}
TRUE_ANSWERS = [ACCOUNT, MEMBER, {"account": ACCOUNT, "member": MEMBER}, {"version": 6, "colour": "red"}]
FALSE_ANSWERS = [
    {**ACCOUNT, "account_name": "Mills"},
    {**ACCOUNT, "credit": {"amount": 700, "currency": "USD"}},
    {**MEMBER, "seated": False},
    {**MEMBER, "member_id": EVE},
    {"account": {**ACCOUNT, "version": 5}, "member": MEMBER},
    {"account": ACCOUNT, "member": {**MEMBER, "name": "Rob"}},
    {"account": [], "member": MEMBER},
    {"account": ACCOUNT, "member": None},
    "done",
]


@pytest.mark.parametrize("body", TRUE_ANSWERS)
def test_an_answer_that_agrees_with_the_journal_is_no_finding(path: Path, body: object) -> None:
    receipt(path, "key", {"body": to_json(body)})
    assert findings(path) == []


@pytest.mark.parametrize("body", FALSE_ANSWERS)
def test_an_answer_that_differs_from_the_journal_is_named(path: Path, body: object) -> None:
    receipt(path, "key", {"body": to_json(body)})
    assert findings(path) == [f"receipt key: its body differs from version 6 of account-{ONE}"]


def test_answers_are_compared_with_the_state_at_their_version(path: Path) -> None:
    engines = '{"account_name":"Engines","version":%d}'
    for number, version in enumerate((5, 4, 5, 2)):
        receipt(path, f"key {number}", {"version": version, "position": version, "body": engines % version})
    receipt(path, "plan", {"version": 1, "position": 9, "body": '{"status":"active","version":1}'})
    assert findings(path) == []
    receipt(path, "retired plan", {"version": 2, "position": 10, "body": '{"status":"active","version":2}'})
    assert findings(path) == [f"receipt retired plan: its body differs from version 2 of plan-{PLAN}"]


@pytest.mark.parametrize("columns", RIGHT_RECEIPTS)
def test_a_receipt_that_agrees_is_no_finding(path: Path, columns: dict[str, object]) -> None:
    receipt(path, "key", columns)
    assert findings(path) == []


@pytest.mark.parametrize(("columns", "why"), WRONG_RECEIPTS)
def test_a_receipt_that_does_not_agree_is_named(path: Path, columns: dict[str, object], why: str) -> None:
    receipt(path, "the key", columns)
    assert findings(path) == [f"receipt the key: {why}"]


@pytest.mark.parametrize("column", ["key", "fingerprint", "status", "version", "location", "body", "recorded_at"])
def test_a_receipt_that_was_changed_is_named(path: Path, column: str) -> None:
    receipt(path, "key", {})
    changed = "CAST('x' AS BLOB)" if column == "fingerprint" else "7" if column in {"status", "version"} else "'x'"
    run(path, f"UPDATE receipts SET {column} = {changed}")
    assert findings(path)[0].endswith(": does not match its checksum")


def test_what_could_break_the_line_is_escaped(path: Path) -> None:
    receipt(path, "a\n\x1b[31mb", {"body": "{"})
    assert findings(path) == ["receipt 'a\\n\\x1b[31mb': its body is not JSON: Input data was truncated"]
