"""Snapshots: another shape of a state needs another schema number, or a state of another release would be misread."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.events import (
    AccountExternalIdChanged,
    AccountMetadataChanged,
    AccountRenamed,
    MemberExternalIdChanged,
    MemberMetadataChanged,
    SeatTaken,
)
from seatkeeper.actors.subscriptions.events import PlanExternalIdChanged, PlanMetadataChanged
from seatkeeper.storage.records import SNAPSHOT_SCHEMA, SnapshotRow, checksum, read_snapshot, snapshot_row
from seatkeeper.storage.registry import KINDS
from tests.access.past import after as key_after
from tests.access.past import created as key_created
from tests.access.past import rotated as key_rotated
from tests.accounts.past import ADA, credited, joined, opened
from tests.accounts.past import BOB as BOB_ID
from tests.accounts.past import after as account_after
from tests.notifications.past import GONE, created, rotated
from tests.notifications.past import after as webhook_after
from tests.subscriptions.past import after as plan_after
from tests.subscriptions.past import defined, retired, revised

ACCOUNT = account_after(
    opened(email="ada@example.org"),
    joined(BOB_ID, email="ADA@example.org"),
    AccountRenamed("Looms"),
    credited(700),
    SeatTaken(ADA),
    AccountExternalIdChanged("crm-7"),
    AccountMetadataChanged({"tier": "gold"}),
    MemberExternalIdChanged(BOB_ID, "user-2"),
    MemberMetadataChanged(BOB_ID, {"team": "night"}),
)
ACCOUNT_TEXT = (
    '{"account_id":"01900000-0000-7000-8000-00000000ac01","account_name":"Looms",'
    '"plan_id":"01900000-0000-7000-8000-0000000091a1","revision":1,"total_seats":2,"user_limit":10,"currency":"EUR",'
    '"created_at":"2026-11-22T18:12:00.000Z","credit":700,"seats_taken":1,"admins":1,"members":{'
    '"01900000-0000-7000-8000-00000000ada0":{"name":"Ada","email":"ada@example.org","role":"admin",'
    '"joined_at":"2026-11-22T18:12:00.000Z","seated":true},'
    '"01900000-0000-7000-8000-00000000b0b0":{"name":"Bob","email":"ADA@example.org","role":"member",'
    '"joined_at":"2026-11-23T09:00:00.000Z","external_id":"user-2","metadata":{"team":"night"}}},'
    '"emails":{"ada@example.org":"01900000-0000-7000-8000-00000000ada0"},'
    '"same_emails":{"ada@example.org":["01900000-0000-7000-8000-00000000b0b0"]},'
    '"external_id":"crm-7","metadata":{"tier":"gold"},'
    '"external_ids":{"user-2":"01900000-0000-7000-8000-00000000b0b0"}}'
)
PLAN = plan_after(
    defined(), revised(), retired(), PlanExternalIdChanged("sku-1"), PlanMetadataChanged({"sold_in": "EU"})
)
PLAN_TEXT = (
    '{"plan_id":"01900000-0000-7000-8000-0000000091a1","name":"Team","type":"team",'
    '"package":{"total_seats":100,"user_limit":250},"created_at":"2026-11-22T18:12:00.000Z","revision":2,"retired":true,'
    '"external_id":"sku-1","metadata":{"sold_in":"EU"}}'
)
KEY = key_after(key_created(), key_rotated(overlap_until="2026-12-24T09:00:00.000Z"))
KEY_TEXT = (
    '{"key_id":"01900000-0000-7000-8000-0000000000ee","name":"Backend","scopes":["plans:read","accounts:write"],'
    '"rate_limit":50,"expires_at":"2026-12-24T09:00:00.000Z",'
    f'"secret_hash":"{"22" * 32}","created_at":"2026-11-22T18:12:00.000Z",'
    f'"earlier_hash":"{"11" * 32}","earlier_until":"2026-12-24T09:00:00.000Z","revoked":false}}'
)
WEBHOOK = webhook_after(created(), rotated(), GONE)
WEBHOOK_TEXT = (
    '{"webhook_id":"01900000-0000-7000-8000-0000000004b1","url":"https://example.com/seatkeeper",'
    '"types":["member.*","account.opened"],"after":7,"secret_id":"s2","created_at":"2026-11-22T18:12:00.000Z",'
    '"status":"disabled","replays":0,"earlier_id":"s1","earlier_until":"2026-11-23T18:12:00.000Z",'
    '"disabled_because":"gone"}'
)
EXAMPLES = [
    ("account-a1", ACCOUNT, ACCOUNT_TEXT),
    ("plan-p1", PLAN, PLAN_TEXT),
    ("apikey-k1", KEY, KEY_TEXT),
    ("webhook-w1", WEBHOOK, WEBHOOK_TEXT),
]


def test_these_are_the_shapes_of_the_current_schema() -> None:
    assert SNAPSHOT_SCHEMA == 3, "another schema: give the examples above its shapes, and this line its number"


def row(stream_id: str, text: str, schema: int = SNAPSHOT_SCHEMA) -> SnapshotRow:
    """A snapshot at version 7, with its checksum."""
    return SnapshotRow(stream_id, 7, schema, text, checksum(stream_id, 7, schema, text))


@pytest.mark.parametrize(("stream_id", "state", "text"), EXAMPLES, ids=["account", "plan", "key", "webhook"])
def test_a_state_is_written_in_its_shape(stream_id: str, state: object, text: str) -> None:
    assert snapshot_row(stream_id, 7, state) == row(stream_id, text)


@pytest.mark.parametrize(("stream_id", "state", "text"), EXAMPLES, ids=["account", "plan", "key", "webhook"])
def test_a_state_is_read_back(stream_id: str, state: object, text: str) -> None:
    assert read_snapshot(row(stream_id, text), KINDS) == state


@pytest.mark.parametrize("schema", [SNAPSHOT_SCHEMA - 1, SNAPSHOT_SCHEMA + 1])
def test_a_snapshot_of_another_schema_is_ignored(schema: int) -> None:
    assert read_snapshot(row("plan-p1", PLAN_TEXT, schema), KINDS) is None


@pytest.mark.parametrize(
    "change", [{"stream_id": "plan-p2"}, {"version": 8}, {"state": PLAN_TEXT.replace("Team", "Tean")}, {"checksum": 0}]
)
def test_a_snapshot_that_is_not_what_was_written_is_ignored(change: dict[str, object]) -> None:
    written = snapshot_row("plan-p1", 7, PLAN)
    assert read_snapshot(written._replace(**change), KINDS) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", ACCOUNT_TEXT])
def test_a_snapshot_that_cannot_be_read_is_ignored(text: str) -> None:
    assert read_snapshot(row("plan-p1", text), KINDS) is None


def test_a_snapshot_of_an_unknown_kind_is_ignored() -> None:
    assert read_snapshot(row("seat-s1", "{}"), KINDS) is None
