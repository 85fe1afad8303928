"""Snapshots: another shape of a state needs another schema number, or a state of another release would be misread."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.members.events import MemberExternalIdChanged, MemberMetadataChanged, SeatTaken
from seatkeeper.actors.accounts.profile.events import AccountExternalIdChanged, AccountMetadataChanged, AccountRenamed
from seatkeeper.actors.accounts.values import MoveTo, Percent
from seatkeeper.actors.subscriptions.events import PlanExternalIdChanged, PlanMetadataChanged
from seatkeeper.storage.records import (
    OLDEST_SNAPSHOT_SCHEMA,
    SNAPSHOT_SCHEMA,
    SnapshotRow,
    checksum,
    read_snapshot,
    snapshot_row,
)
from seatkeeper.storage.registry import KINDS
from tests.access.past import after as key_after
from tests.access.past import created as key_created
from tests.access.past import rotated as key_rotated
from tests.accounts.ahead import SOON, bought, frozen, granted, in_grace, invited, on_trial, scheduled, withdrawn
from tests.accounts.past import ADA, FREE, credited, joined, opened
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
    '"external_ids":{"user-2":"01900000-0000-7000-8000-00000000b0b0"},"version":10}'
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
BUSY = account_after(
    on_trial(MoveTo(FREE)),
    joined(BOB_ID, seated=True),
    withdrawn(BOB_ID),
    frozen(BOB_ID),
    invited(seated=True),
    granted(members=1, expires_at=SOON),
    scheduled("grace", 86_400, (BOB_ID,)),
    in_grace(10, keep=(BOB_ID,)),
    bought(1, excess="freeze", overage=Percent(20)),
)
BUSY_TEXT = (
    '{"account_id":"01900000-0000-7000-8000-00000000ac01","account_name":"Engines","plan_id":"01900000-0000-7000-80'
    '00-0000000091a2","revision":1,"total_seats":2,"user_limit":1,"currency":"EUR","created_at":"2026-11-22T18:12:0'
    '0.000Z","admins":1,"members":{"01900000-0000-7000-8000-00000000ada0":{"name":"Ada","email":null,"role":"admin"'
    ',"joined_at":"2026-11-22T18:12:00.000Z"},"01900000-0000-7000-8000-00000000b0b0":{"name":"Bob","email":null,"ro'
    'le":"member","joined_at":"2026-11-23T09:00:00.000Z"}},"version":11,"terms_version":11,"overage":{"percent":20}'
    ',"policy":{"excess":"freeze"},"invitations":{"01900000-0000-7000-8000-0000000001a1":{"email":"guest@example.or'
    'g","role":"member","token_hash":"1111111111111111111111111111111111111111111111111111111111111111","expires_at'
    '":"2026-11-30T09:00:00.000Z","created_at":"2026-11-23T09:00:00.000Z","seated":true}},"invited":{"guest@example'
    '.org":"01900000-0000-7000-8000-0000000001a1"},"seats_held":1,"grants":{"01900000-0000-7000-8000-0000000009a1":'
    '{"seats":0,"members":1,"reason":"a gift","created_at":"2026-11-23T09:00:00.000Z","version":8,"expires_at":"202'
    '6-11-30T09:00:00.000Z"}},"granted_members":1,"frozen":{"01900000-0000-7000-8000-00000000b0b0":6},"owed_seats":'
    '{"01900000-0000-7000-8000-00000000b0b0":5},"trial":{"ends_at":"2026-11-30T09:00:00.000Z","then":{"plan_id":"01'
    '900000-0000-7000-8000-0000000091a2"}},"scheduled_change":{"change_id":"01900000-0000-7000-8000-0000000c4a01","'
    'plan_id":"01900000-0000-7000-8000-0000000091a2","effective_at":"2026-11-30T09:00:00.000Z","excess":"grace","gr'
    'ace_seconds":86400,"keep":["01900000-0000-7000-8000-00000000b0b0"]},"grace":{"grace_id":"01900000-0000-7000-80'
    '00-0000000c4a01","ends_at":"2026-11-30T09:00:00.000Z","members":10,"seats":2,"version":10,"keep":["01900000-00'
    '00-7000-8000-00000000b0b0"]},"timers":[["2026-11-30T09:00:00.000Z","grace-ends","01900000-0000-7000-8000-00000'
    '00c4a01"],["2026-11-30T09:00:00.000Z","grant-expires","01900000-0000-7000-8000-0000000009a1"],["2026-11-30T09:'
    '00:00.000Z","invitation-expires","01900000-0000-7000-8000-0000000001a1"],["2026-11-30T09:00:00.000Z","trial-en'
    'ds","01900000-0000-7000-8000-00000000ac01"],["2026-11-30T09:00:00.000Z","plan-changes","01900000-0000-7000-800'
    '0-0000000c4a01"]]}'
)
EXAMPLES = [
    ("account-a1", ACCOUNT, ACCOUNT_TEXT),
    ("account-a1", BUSY, BUSY_TEXT),
    ("plan-p1", PLAN, PLAN_TEXT),
    ("apikey-k1", KEY, KEY_TEXT),
    ("webhook-w1", WEBHOOK, WEBHOOK_TEXT),
]

NAMES = ["account", "busy account", "plan", "key", "webhook"]


def test_these_are_the_shapes_of_the_current_schema() -> None:
    assert SNAPSHOT_SCHEMA == 4, "another schema: give the examples above its shapes, and this line its number"


def row(stream_id: str, text: str, schema: int = SNAPSHOT_SCHEMA) -> SnapshotRow:
    """A snapshot at version 7, with its checksum."""
    return SnapshotRow(stream_id, 7, schema, text, checksum(stream_id, 7, schema, text))


@pytest.mark.parametrize(
    ("stream_id", "state", "text"), EXAMPLES, ids=["account", "busy account", "plan", "key", "webhook"]
)
def test_a_state_is_written_in_its_shape(stream_id: str, state: object, text: str) -> None:
    assert snapshot_row(stream_id, 7, state) == row(stream_id, text)


@pytest.mark.parametrize(
    ("stream_id", "state", "text"), EXAMPLES, ids=["account", "busy account", "plan", "key", "webhook"]
)
def test_a_state_is_read_back(stream_id: str, state: object, text: str) -> None:
    assert read_snapshot(row(stream_id, text), KINDS) == state


def test_a_snapshot_of_before_versions_were_counted_is_read() -> None:
    """It is the state of a replay, but for the event of the terms, which is not known."""
    text = ACCOUNT_TEXT.replace(',"version":10', "")
    read = read_snapshot(row("account-a1", text, 3), KINDS)
    assert isinstance(read, Account)
    assert (read.version, read.terms_version) == (7, 0)
    replayed = msgspec.structs.replace(ACCOUNT, version=7)
    assert AccountActor.same(read, replayed)
    assert not AccountActor.same(replayed, read)


@pytest.mark.parametrize("text", [PLAN_TEXT, KEY_TEXT, WEBHOOK_TEXT], ids=["plan", "key", "webhook"])
def test_a_snapshot_of_another_kind_is_read_as_it_was(text: str) -> None:
    stream_id, state, _ = next(example for example in EXAMPLES if example[2] == text)
    assert read_snapshot(row(stream_id, text, 3), KINDS) == state


@pytest.mark.parametrize("schema", [OLDEST_SNAPSHOT_SCHEMA - 1, SNAPSHOT_SCHEMA + 1])
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
