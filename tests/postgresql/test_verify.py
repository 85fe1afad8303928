"""Verification of a database: every row that does not agree with the events is named, and no other row is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.verify.verify import verify
from seatkeeper.storage.verify.verification import VerifyReport
from tests.accounts.past import BOB, opened
from tests.notifications.past import FIRST, created
from tests.postgresql.server import running_server
from tests.postgresql.stores import PostgresqlStore, run
from tests.storage.stores import account_id, answered, webhook_id
from tests.verify.sound_file import ONE, PLAN, TWO, fill

LATE = account_id(0xFFFF_FFFF_FFFF)


@pytest.fixture
async def url(database_url: str) -> str:
    """The address of a sound database."""
    async with PostgresqlStore(database_url) as store:
        await fill(store)
    return database_url


async def report_of(url: str) -> tuple[VerifyReport, list[str]]:
    """Verify a database, as a program that does nothing else."""
    found: list[str] = []
    report = await asyncio.to_thread(verify, Address(url), on_finding=found.append)
    assert report.findings == len(found)
    return report, found


async def findings(url: str) -> list[str]:
    """Verify a database and return all findings."""
    return (await report_of(url))[1]


async def test_what_is_sound_is_counted_and_agrees(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await fill(store)
        await store.deliveries.add_secret(webhook_id(1), FIRST, "whsec_1")
        await store.webhook(1).append(created(webhook_id=webhook_id(1)), actor="key:1")
    report, found = await report_of(database_url)
    assert found == []
    assert (report.events, report.snapshots, report.receipts) == (11, 1, 0)
    assert report.rows == {"accounts": 2, "members": 3, "plans": 1, "api_keys": 0, "webhooks": 1} | dict.fromkeys(
        ("timers", "invitations", "grants"), 0
    )


async def test_an_empty_journal_agrees(database_url: str) -> None:
    async with PostgresqlStore(database_url):
        pass
    assert await findings(database_url) == []


async def test_a_database_that_is_served_is_verified_with_what_was_just_committed(url: str) -> None:
    async with PostgresqlStore(url) as store:
        await store.account(3).append(opened(account_id=account_id(3)))
        report, found = await report_of(url)
        assert (report.events, found) == (12, [])
        assert await store.account(4).append(opened(account_id=account_id(4))) == 14


async def test_a_name_with_a_character_that_is_stored_as_another_agrees(url: str) -> None:
    async with PostgresqlStore(url) as store:
        await store.account(3).append(opened(account_id=account_id(3), account_name="a\0b 𐐔 \\"))
    assert await findings(url) == []


EVENT = f"event 3 (account-{ONE}, version 3)"


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("UPDATE events SET data = data || ' ' WHERE position = 3", [f"{EVENT} does not match its checksum"]),
        (
            "DELETE FROM events WHERE position = 5",
            [f"event 6 (account-{ONE}, version 6) comes after version 4", "events: position 5 is missing"],
        ),
        (
            "DELETE FROM events WHERE position = 10",
            [
                "journal_head: it is at position 10, and the last event at 9",
                f"plans {PLAN}: differs from its events in status, version, summary",
            ],
        ),
        (
            "UPDATE accounts SET status = 'closed' WHERE external_id = 'crm-2'",
            [f"accounts {TWO}: differs from its events in status"],
        ),
        (f"DELETE FROM members WHERE member_id = '{BOB}'", [f"members {ONE} {BOB}: is missing"]),
        (
            (
                "INSERT INTO members SELECT account_id, 'm9', name, email, external_id, role, seated, status, summary"
                f" FROM members WHERE account_id = '{TWO}'"
            ),
            [f"members {TWO} m9: follows from no event"],
        ),
        (
            (
                f"INSERT INTO members SELECT '{LATE}', member_id, name, email, external_id, role, seated, status,"
                " summary"
                f" FROM members WHERE member_id = '{BOB}'"
            ),
            [f"members {LATE}: its stream does not exist"],
        ),
        ("UPDATE snapshots SET version = 4", [f"snapshot account-{ONE}: does not match its checksum"]),
        (
            "UPDATE snapshots SET stream_id = 'account-9'",
            ["snapshot account-9: its stream does not exist"],
        ),
        (
            "DELETE FROM event_blocks WHERE what = 'type plan.retired'",
            ["event_blocks type plan.retired, block 0: is missing"],
        ),
        (
            "INSERT INTO event_blocks VALUES ('actor x', 9)",
            ["event_blocks actor x, block 9: has no such event"],
        ),
        ("UPDATE journal_ids SET last_shared = 3", []),
        ("UPDATE journal_ids SET last_shared = 99", ["journal id {}: shares position 99, which is not from 0 to 10"]),
        ("DROP INDEX members_by_email", ["schema: the index members_by_email is missing"]),
        ("DROP TABLE key_uses", ["schema: the table key_uses is missing"]),
        (
            "UPDATE accounts SET number = DEFAULT WHERE external_id IS NULL",
            [f"accounts {ONE}: its number is higher than that of one that began later"],
        ),
    ],
)
async def test_what_does_not_follow_from_the_events_is_named(url: str, sql: str, lines: Sequence[str]) -> None:
    await run(url, sql)
    ((own,),) = await run(url, "SELECT journal_id FROM journal_ids")
    assert await findings(url) == [line.format(own) for line in lines]


async def test_a_receipt_that_does_not_agree_is_named(url: str) -> None:
    async with PostgresqlStore(url) as store:
        account = store.account(3)
        await account.append(opened(account_id=account_id(3)), receipt=answered("one"))
        await account.append(receipt=answered("two"))
    assert await findings(url) == []
    await run(url, "UPDATE receipts SET body = '[' WHERE key = 'one'")
    await run(url, "DELETE FROM events WHERE position = 12")
    found = await findings(url)
    assert "receipt one: does not match its checksum" in found
    assert "receipt two: there is no event at its position 12" in found


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_an_answer_that_differs_from_the_account_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("seatkeeper.storage.verify.receipts.AT_ONCE", at_once)
    async with PostgresqlStore(url) as store:
        for number in (3, 4, 5):
            answer = Receipt(str(number), b"print", 201, 2, 0, None, f'{{"account_name":"Engines","version":{number}}}')
            await store.account(number).append(opened(account_id=account_id(number)), receipt=answer)
    named = "receipt {}: its body differs from version 2 of account-{}"
    assert await findings(url) == [named.format(number, account_id(number)) for number in (3, 4, 5)]


async def test_two_accounts_with_the_same_external_id_are_named(url: str) -> None:
    await run(url, "DROP INDEX accounts_by_external_id")
    await run(url, "UPDATE accounts SET external_id = 'crm-2'")
    found = await findings(url)
    assert f"accounts {TWO}: {ONE} has the same external_id" in found


async def test_a_webhook_without_its_secret_is_named(url: str) -> None:
    async with PostgresqlStore(url) as store:
        await store.webhook(1).append(created(webhook_id=webhook_id(1)))
    name = f"webhook {webhook_id(1)}"
    assert await findings(url) == [f"{name}: its secret is missing, so nothing can be signed; rotate it"]


async def test_after_an_error_of_the_server_the_other_checks_still_run(url: str) -> None:
    await run(url, "DROP TABLE event_blocks")
    await run(url, "DROP TABLE snapshots CASCADE")
    await run(url, "DELETE FROM journal_head")
    found = await findings(url)
    assert found[:3] == [
        "schema: the table event_blocks is missing",
        "schema: the table snapshots is missing",
        "journal_head: there are 0 rows",
    ]
    assert 'PostgreSQL cannot continue: relation "snapshots" does not exist' in found


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DROP TABLE seatkeeper_schema", "no tables of this program"),
        ("UPDATE seatkeeper_schema SET version = 99", "schema version 99"),
    ],
)
async def test_a_database_that_this_program_cannot_use_is_refused(url: str, sql: str, why: str) -> None:
    await run(url, sql)
    with pytest.raises(DatabaseRefused, match=why):
        await findings(url)


async def test_a_server_that_is_away_is_told() -> None:
    with running_server() as server:
        url = server.url()
    with pytest.raises(DatabaseRefused, match="cannot be used"):
        await findings(url)
