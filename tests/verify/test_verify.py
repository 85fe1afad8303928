"""Verification: every row that does not agree with the events is named, and no other row is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.members.events import MemberAdded, MemberRoleChanged, SeatTaken
from seatkeeper.actors.accounts.profile.events import CreditAdjusted
from seatkeeper.actors.accounts.values import Money
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.records import checksum
from seatkeeper.storage.sqlite.verify.verify import verify
from seatkeeper.storage.verify.verification import VerifyReport
from tests.accounts.past import ADA, BOB, EVE, credited, joined, opened
from tests.sqlite.file.old_files import write_schema_1
from tests.storage.stores import NOW, SqliteStore, account_id, run
from tests.subscriptions.past import defined, retired
from tests.verify.sound_file import ONE, PLAN, TWO, change, findings, receipt, write_sound_file


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    await write_sound_file(tmp_path / "seatkeeper.db")
    return tmp_path / "seatkeeper.db"


def test_what_is_sound_is_counted_and_agrees(path: Path) -> None:
    receipt(path, "key", {})
    found: list[str] = []
    report = verify(path, on_finding=found.append)
    assert found == []
    assert report == VerifyReport(
        rows={
            "accounts": 2,
            "members": 3,
            "invitations": 0,
            "grants": 0,
            "timers": 0,
            "plans": 1,
            "api_keys": 0,
            "webhooks": 0,
        },
        events=10,
        snapshots=1,
        receipts=1,
        seconds=report.seconds,
    )


def test_nothing_is_written(path: Path) -> None:
    before = path.read_bytes()
    findings(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_served_is_verified_with_what_was_just_committed(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.account(3).append(opened(account_id=account_id(3)))
        assert verify(path, on_finding=print).events == 12
        assert await store.account(4).append(opened(account_id=account_id(4))) == 14


def test_a_file_of_the_release_before_is_verified_in_its_old_form(tmp_path: Path) -> None:
    write_schema_1(tmp_path / "seatkeeper.db")
    assert findings(tmp_path / "seatkeeper.db") == []


EVENT = f"event 3 (account-{ONE}, version 3)"
DAMAGED_EVENTS = {
    "data": "data = replace(data, 'Somebody', 'Nobody') || ' '",
    "type": "type = 'member.removed'",
    "time": "recorded_at = 'never'",
    "bytes that are no text": "data = CAST(x'ff' AS TEXT)",
}


@pytest.mark.parametrize("damage", DAMAGED_EVENTS.values(), ids=DAMAGED_EVENTS.keys())
def test_a_damaged_event_is_named_once_and_nothing_that_follows_from_it(path: Path, damage: str) -> None:
    run(path, f"UPDATE events SET {damage} WHERE position = 3")
    assert findings(path) == [f"{EVENT} does not match its checksum"]


def test_the_other_streams_are_checked_all_the_same(path: Path) -> None:
    run(path, "UPDATE events SET checksum = 0 WHERE position = 3")
    run(path, "UPDATE accounts SET status = 'closed' WHERE account_id = ?", TWO)
    assert findings(path) == [
        f"{EVENT} does not match its checksum",
        f"accounts {TWO}: differs from its events in status",
    ]


def test_an_event_that_is_gone_leaves_a_gap_in_its_stream_and_in_the_positions(path: Path) -> None:
    run(path, "DELETE FROM events WHERE position = 5")
    assert findings(path) == [
        f"event 6 (account-{ONE}, version 6) comes after version 4",
        "events: position 5 is missing",
    ]


def test_an_event_of_an_unknown_type_is_named(path: Path) -> None:
    code = checksum(f"account-{ONE}", 7, "seat.exploded", NOW, "{}")
    run(path, "INSERT INTO events VALUES (11, ?, 7, 'seat.exploded', ?, '{}', ?, NULL)", f"account-{ONE}", NOW, code)
    assert findings(path) == [f"event 11 (account-{ONE}, version 7) cannot be read: KeyError('seat.exploded')"]


def test_the_last_event_of_a_stream_cannot_go_unnoticed(path: Path) -> None:
    run(path, "DELETE FROM events WHERE position = 8")
    assert f"accounts {TWO}: differs from its events in members_free, version, summary" in findings(path)


def test_the_first_event_of_all_cannot_go_unnoticed(path: Path) -> None:
    run(path, "DELETE FROM events WHERE position = 1")
    assert "events: the first one has position 2" in findings(path)


def test_positions_go_up_with_the_versions(path: Path) -> None:
    run(path, "UPDATE events SET position = 77 WHERE position = 2")
    run(path, "UPDATE events SET position = 2 WHERE position = 3")
    run(path, "UPDATE events SET position = 3 WHERE position = 77")
    assert findings(path) == [f"event 2 (account-{ONE}, version 3) comes after position 3"]


@pytest.mark.parametrize(
    ("position", "event", "why"),
    [
        (4, SeatTaken(EVE), f"does not fit here: KeyError('{EVE}')"),
        (3, opened(account_id=ONE)[0], "does not fit here: ValueError('a second account.opened')"),
        (3, defined(plan_id=PLAN), "does not fit here: ValueError('plan.defined is not an event of kind account')"),
        (3, retired(), "does not fit here: ValueError('plan.retired is not an event of kind account')"),
        (
            1,
            opened(account_id=TWO)[0],
            f"does not fit here: ValueError('account.opened does not begin account-{ONE}')",
        ),
        (1, joined(EVE)[0], f"does not fit here: ValueError('member.added does not begin account-{ONE}')"),
    ],
)
def test_an_event_that_cannot_have_happened_is_named(path: Path, position: int, event: Event, why: str) -> None:
    change(path, position, event)
    assert findings(path) == [f"event {position} (account-{ONE}, version {position}) {why}"]


@pytest.mark.parametrize(
    ("position", "event", "rule"),
    [
        (
            5,
            CreditAdjusted(Money(700, "EUR"), "", Money(701, "EUR")),
            "a balance of 701 EUR, where the events add up to 700 EUR",
        ),
        (
            5,
            CreditAdjusted(Money(700, "USD"), "", Money(700, "EUR")),
            "a balance of 700 EUR, where the events add up to 700 EUR",
        ),
        (5, credited(-1), "a credit of -1"),
        (3, MemberRoleChanged(ADA, "viewer"), "no admin"),
        (1, opened(account_id=ONE, user_limit=1)[0], "2 members of 1"),
        (1, opened(account_id=ONE, total_seats=0)[0], "1 seats taken of 0"),
    ],
)
def test_a_broken_rule_is_named_with_its_event(path: Path, position: int, event: Event, rule: str) -> None:
    change(path, position, event)
    assert any(line.startswith("event ") and line.endswith(f"leads to {rule}") for line in findings(path))


@pytest.mark.parametrize("at_once", [1, 500])
def test_two_accounts_with_the_same_external_id_are_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("seatkeeper.storage.verify.unique.AT_ONCE", at_once)
    change(path, 1, opened(account_id=ONE, external_id="crm-2")[0])
    assert f"accounts {ONE}: {TWO} has the same external_id" in findings(path)


def test_two_members_with_the_same_external_id_break_a_rule(path: Path) -> None:
    joins = MemberAdded(BOB, "Bob", None, "member", NOW, external_id="user-1")
    change(path, 2, MemberAdded(ADA, "Ada", None, "admin", NOW, external_id="user-1"))
    change(path, 3, joins)
    assert any(line.endswith("leads to the external id user-1 for two members") for line in findings(path))


VIEW_DAMAGE: dict[str, tuple[str, Sequence[str]]] = {
    "an account is missing": (f"DELETE FROM accounts WHERE account_id = '{TWO}'", [f"accounts {TWO}: is missing"]),
    "a plan is missing": ("DELETE FROM plans", [f"plans {PLAN}: is missing"]),
    "a member is missing": (
        f"DELETE FROM members WHERE member_id = '{BOB}'",
        [f"members {ONE} {BOB}: is missing"],
    ),
    "an account of nothing": (
        "INSERT INTO accounts VALUES (9, 'a0', 'p', 'active', 'n', NULL, 2, 1, 1, '{}')",
        ["accounts a0: its stream does not exist", "accounts: there are 3 rows, and the highest number is 9"],
    ),
    "a plan of nothing": (
        "INSERT INTO plans VALUES (9, 'zz', 'active', NULL, 1, '{}')",
        ["plans zz: its stream does not exist", "plans: there are 2 rows, and the highest number is 9"],
    ),
    "a member of nothing": (
        "INSERT INTO members VALUES ('a0', 'm0', 'n', NULL, NULL, 'admin', 0, 'active', '{}')",
        ["members a0: its stream does not exist"],
    ),
    "a member too many": (
        f"INSERT INTO members VALUES ('{ONE}', 'm0', 'n', NULL, NULL, 'admin', 0, 'active', '{{}}')",
        [f"members {ONE} m0: follows from no event"],
    ),
    "another name": (
        f"UPDATE accounts SET name = 'mills' WHERE account_id = '{ONE}'",
        [f"accounts {ONE}: differs from its events in name"],
    ),
    "another external id": (
        f"UPDATE accounts SET external_id = 'crm-3' WHERE account_id = '{TWO}'",
        [f"accounts {TWO}: differs from its events in external_id"],
    ),
    "another plan and version": (
        f"UPDATE accounts SET plan_id = 'p', version = 7 WHERE account_id = '{ONE}'",
        [f"accounts {ONE}: differs from its events in plan_id, version"],
    ),
    "another answer": (
        "UPDATE plans SET summary = summary || ' '",
        [f"plans {PLAN}: differs from its events in summary"],
    ),
    "another order": (
        "UPDATE accounts SET number = 3 - number + 3",
        [
            f"accounts {ONE}: its number is higher than that of one that began later",
            "accounts: there are 2 rows, and the highest number is 5",
        ],
    ),
    "another member": (
        f"UPDATE members SET summary = replace(summary, 'true', 'false') WHERE member_id = '{BOB}'",
        [f"members {ONE} {BOB}: differs from its events in summary"],
    ),
    "another time of the snapshot": (
        "UPDATE snapshots SET version = 4",
        [f"snapshot account-{ONE}: does not match its checksum"],
    ),
    "another state in the snapshot": (
        "UPDATE snapshots SET state = replace(state, 'Ada', 'Eve')",
        [f"snapshot account-{ONE}: does not match its checksum"],
    ),
    "a snapshot of the future": (
        "UPDATE snapshots SET version = 99",
        [f"snapshot account-{ONE}: is of version 99, but the stream has 6 events"],
    ),
    "a snapshot of nothing": (
        "INSERT INTO snapshots VALUES ('seat-1', 1, 1, '{}', 0)",
        ["snapshot seat-1: its stream does not exist"],
    ),
}


@pytest.mark.parametrize(("sql", "lines"), VIEW_DAMAGE.values(), ids=VIEW_DAMAGE.keys())
def test_what_does_not_follow_from_the_events_is_named(path: Path, sql: str, lines: Sequence[str]) -> None:
    run(path, sql)
    assert findings(path) == lines


def test_a_snapshot_that_is_whole_and_wrong_is_named(path: Path) -> None:
    ((stream_id, version, schema, state),) = run(path, "SELECT stream_id, version, schema, state FROM snapshots")
    wrong = str(state).replace('"credit":700', '"credit":701')
    code = checksum(stream_id, version, schema, wrong)
    run(path, "UPDATE snapshots SET state = ?, checksum = ?", wrong, code)
    assert findings(path) == [f"snapshot account-{ONE}: differs from the state after its first 5 events"]


def test_a_snapshot_of_another_release_is_no_finding(path: Path) -> None:
    code = checksum(f"account-{ONE}", 5, 99, "{}")
    run(path, "UPDATE snapshots SET schema = 99, state = '{}', checksum = ?", code)
    assert findings(path) == []


def test_of_many_findings_a_hundred_are_reported_and_all_are_counted(path: Path) -> None:
    for number in range(150):
        receipt(path, f"key {number}", {"position": 99})
    found: list[str] = []
    assert verify(path, on_finding=found.append).findings == 150
    assert len(found) == 100


def test_a_page_that_is_damaged_is_a_finding(path: Path) -> None:
    ((page,),) = run(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'members'")
    content = bytearray(path.read_bytes())
    start = (int(str(page)) - 1) * 4096
    content[start : start + 100] = b"\xff" * 100
    path.write_bytes(content)
    lines = findings(path)
    assert lines
    assert all(line.startswith("SQLite") for line in lines)


def test_rows_that_an_index_has_lost_are_a_finding(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ((empty,),) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_receipts_1'"
        )
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute("UPDATE sqlite_schema SET rootpage = ? WHERE name = 'sqlite_autoindex_events_1'", (empty,))
    assert "events: the table has 10 rows, and its index 0" in findings(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "does not exist"), (b"", "is empty"), (b"a letter " * 500, "is not a database that can be read")],
)
def test_a_file_that_is_not_our_database_is_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "seatkeeper.db").write_bytes(content)
    with pytest.raises(DatabaseRefused, match=why):
        verify(tmp_path / "seatkeeper.db", on_finding=print)


def test_a_file_of_a_newer_program_is_refused(path: Path) -> None:
    run(path, "PRAGMA user_version = 9")
    with pytest.raises(DatabaseRefused, match="has schema version 9, and this program knows versions up to 4"):
        verify(path, on_finding=print)


def test_progress_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatkeeper.storage.verify.verification.EVENTS_A_REPORT", 1)
    steps: list[tuple[int, int]] = []
    verify(path, on_finding=print, on_events=lambda done, of: steps.append((done, of)))
    assert steps == [(6, 10), (8, 10), (10, 10), (10, 10)]
