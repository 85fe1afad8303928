"""A new kind of aggregate needs one registration: it is stored, replayed, snapshotted, verified, rebuilt and fed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatkeeper.actors.aggregates import aggregate
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.storage.records import checksum
from seatkeeper.storage.sqlite.verify.rebuild import rebuild
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import opened
from tests.storage.stores import NOW, SqliteStore, Store, Stream, account_id, memory_store, run
from tests.storage.toy_context import (
    TOY,
    TOY_KINDS,
    MakeToy,
    PaintToy,
    TooManyCoats,
    Toy,
    ToyActor,
    ToySummary,
    made,
    painted,
)

RECEIPT = Receipt("a key", b"print", 201, 1, 0, None, '{"toy_id":"t1","name":"Ball","colour":null,"version":1}')
"""The answer to the command that made the second toy."""


def toy(store: Store, toy_id: str = "t1") -> Stream[Toy]:
    """A stream of a toy."""
    return Stream(store, f"toy-{toy_id}", TOY)


def findings(path: Path) -> list[str]:
    """Verify the file and return all findings."""
    found: list[str] = []
    verify(path, on_finding=found.append, kinds=TOY_KINDS)
    return found


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of each engine that stores toys."""
    if request.param == "memory":
        yield memory_store(kinds=TOY_KINDS)
    else:
        async with SqliteStore(tmp_path / "seatkeeper.db", kinds=TOY_KINDS) as store:
            yield store


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A file with two toys, made in another order than that of their ids, and an account between them."""
    async with SqliteStore(tmp_path / "seatkeeper.db", kinds=TOY_KINDS) as store:
        duck = toy(store, "t2")
        await duck.append(made("t2"), painted("red"))
        await store.account(1).append(opened(account_id=account_id(1)))
        await toy(store, "t1").append(made("t1", "Ball"), receipt=RECEIPT)
        duck.save_snapshot()
        await duck.append(painted("blue"))
    return tmp_path / "seatkeeper.db"


async def test_it_is_stored_and_loaded(store: Store) -> None:
    duck = toy(store)
    assert await duck.append(made(), painted()) == 2
    assert (await duck.load()).events == [made(), painted()]
    assert await duck.loaded() == duck.state


async def test_its_events_are_listed_and_fed(store: Store) -> None:
    await toy(store).append(made())
    await store.account(1).append(opened(account_id=account_id(1)))
    await toy(store, "t2").append(made("t2", "Ball"))
    assert [event.data for event in await store.queries.stream("toy-t2", 0, 10)] == ['{"toy_id":"t2","name":"Ball"}']
    feed = await store.queries.feed(0, 10)
    assert [event.type for event in feed] == ["toy.made", "account.opened", "member.added", "toy.made"]


async def test_its_actor_is_reached_through_the_directory(store: Store) -> None:
    directory = Directory(store.journal)
    await directory.ask(ToyActor, "t1", MakeToy("t1", "Duck"))
    outcome = await directory.ask(ToyActor, "t1", PaintToy("red"))
    assert isinstance(outcome, Accepted)
    assert (outcome.value, outcome.position) == (ToySummary("t1", "Duck", "red", 1, 2), 2)


async def test_it_is_activated_from_a_snapshot(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "EVENTS_A_SNAPSHOT", 1)
    first = Directory(store.journal)
    await first.ask(ToyActor, "t1", MakeToy("t1", "Duck"))
    for colour in ("red", "blue"):
        await first.ask(ToyActor, "t1", PaintToy(colour))
    await store.account(1).append(opened(account_id=account_id(1)))  # a snapshot is stored before what comes after it
    assert (await toy(store).load()).version > 0
    await Directory(store.journal).ask(ToyActor, "t1", PaintToy("green"))
    outcome = await Directory(store.journal).ask(ToyActor, "t1", PaintToy("black"))
    assert outcome == TooManyCoats(3)


async def test_it_is_replayed_after_a_restart(path: Path) -> None:
    async with SqliteStore(path, kinds=TOY_KINDS) as store:
        outcome = await Directory(store.journal).ask(ToyActor, "t2", PaintToy("green"))
    assert isinstance(outcome, Accepted)
    assert (outcome.value, outcome.position) == (ToySummary("t2", "Duck", "green", 3, 4), 7)


async def test_its_old_forms_are_read(path: Path) -> None:
    columns = ("toy-t1", 2, "toy.painted", NOW, '"pink"')
    run(path, "INSERT INTO events VALUES (7, ?, ?, ?, ?, ?, ?, NULL)", *columns, checksum(*columns))
    async with SqliteStore(path, kinds=TOY_KINDS) as store:
        assert (await toy(store, "t1").load()).events == [made("t1", "Ball"), painted("pink")]


def test_it_is_verified(path: Path) -> None:
    found: list[str] = []
    report = verify(path, on_finding=found.append, kinds=TOY_KINDS)
    assert found == []
    assert report.rows == {
        "accounts": 1,
        "members": 1,
        "invitations": 0,
        "grants": 0,
        "timers": 0,
        "plans": 0,
        "api_keys": 0,
        "webhooks": 0,
        "toys": 2,
    }
    assert (report.events, report.snapshots, report.receipts) == (6, 1, 1)


def test_an_answer_of_it_that_differs_from_the_journal_is_named(path: Path) -> None:
    body = RECEIPT.body.replace("Ball", "Bell")
    columns = (RECEIPT.key, RECEIPT.fingerprint.hex(), 201, 1, 5, None, body, NOW)
    run(path, "UPDATE receipts SET body = ?, checksum = ?", body, checksum(*columns))
    assert findings(path) == ["receipt a key: its body differs from version 1 of toy-t1"]


def test_a_broken_rule_of_it_is_named(path: Path) -> None:
    for version in (4, 5):
        columns = ("toy-t2", version, "toy.painted.2", NOW, f'{{"colour":"coat {version}"}}')
        position = version + 3
        run(path, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", position, *columns, checksum(*columns))
    rebuild(path, kinds=TOY_KINDS)
    assert findings(path) == ["event 8 (toy-t2, version 5) leads to 4 coats of 3"]


@pytest.mark.parametrize(
    ("damage", "lines"),
    [
        ("UPDATE toys SET colour = 'grey' WHERE toy_id = 't2'", ["toys t2: differs from its events in colour"]),
        ("DELETE FROM toys WHERE toy_id = 't1'", ["toys t1: is missing"]),
        (
            "UPDATE toys SET number = 3 - number + 3",
            [
                "toys t2: its number is higher than that of one that began later",
                "toys: there are 2 rows, and the highest number is 5",
            ],
        ),
        ("DROP INDEX toys_by_colour", ["schema: the index toys_by_colour is missing"]),
        ("UPDATE snapshots SET state = '{}'", ["snapshot toy-t2: does not match its checksum"]),
    ],
)
def test_damage_of_it_is_found(path: Path, damage: str, lines: list[str]) -> None:
    run(path, damage)
    assert findings(path) == lines


def test_its_view_is_rebuilt(path: Path) -> None:
    before = run(path, "SELECT * FROM toys ORDER BY number")
    assert [row[1:3] for row in before] == [("t2", "blue"), ("t1", None)]
    run(path, "UPDATE toys SET colour = 'grey', number = number + 7")
    rebuild(path, kinds=TOY_KINDS)
    assert run(path, "SELECT * FROM toys ORDER BY number") == before
    assert findings(path) == []
