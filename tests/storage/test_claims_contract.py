"""Values that only one aggregate may have, on every journal: the colour of a toy, for these tests."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import DecideAgain
from seatkeeper.actors.aggregates.messages import Accepted, Event, Refusal
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.projections.view import Unique
from tests.postgresql.stores import PostgresqlStore
from tests.storage.stores import SqliteStore, Store, Stream, memory_store
from tests.storage.test_a_new_kind import toy
from tests.storage.toy_context import TOYS, MakeToy, PaintToy, Toy, ToyActor, ToyPainted, made, painted


class ColourTaken(Refusal, frozen=True, gc=False):
    """Another toy is {colour}."""

    colour: str


def claim(events: Sequence[Event]) -> str | None:
    return next((event.colour for event in reversed(events) if isinstance(event, ToyPainted)), None)


UNIQUE_TOYS = dataclasses.replace(
    TOYS,
    unique=Unique("colour", claim, ColourTaken),
    sqlite=TOYS.sqlite.replace("CREATE INDEX", "CREATE UNIQUE INDEX"),
)
UNIQUE_KINDS = Kinds(Kind(ToyActor, views=(UNIQUE_TOYS,)))


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of each engine that keeps toys of one colour apart; in the end every append has exactly one result."""
    if request.param == "memory":
        either = memory_store(kinds=UNIQUE_KINDS)
        yield either
    elif request.param == "postgresql":
        async with PostgresqlStore(request.getfixturevalue("database_url"), kinds=UNIQUE_KINDS) as either:
            yield either
    else:
        async with SqliteStore(tmp_path / "seatkeeper.db", kinds=UNIQUE_KINDS) as either:
            yield either
    assert [len(append.results) for append in either.appends] == [1] * len(either.appends)


async def toys(store: Store, *names: str) -> list[Stream[Toy]]:
    """Toys without a colour, stored."""
    streams = [toy(store, name) for name in names]
    for stream in streams:
        await stream.append(made(stream.id.removeprefix("toy-")))
    return streams


async def test_a_value_that_another_has_is_refused_and_the_rest_of_the_batch_is_stored(store: Store) -> None:
    one, two, three = await toys(store, "t1", "t2", "t3")
    await one.append(painted("red"))
    appends = [three.append(painted("blue")), two.append(painted("red")), one.append(painted("black"))]
    assert [await append.outcome() for append in appends] == [5, ColourTaken("red"), 6]
    assert [len(await stream.events()) for stream in (one, two, three)] == [3, 1, 2]


async def test_of_two_that_claim_a_value_at_once_the_first_gets_it(store: Store) -> None:
    one, two = await toys(store, "t1", "t2")
    appends = [one.append(painted("red")), two.append(painted("red"))]
    assert [await append.outcome() for append in appends] == [3, ColourTaken("red")]


async def test_many_at_once_leave_it_to_one(store: Store) -> None:
    streams = await toys(store, *(f"t{number}" for number in range(40)))
    outcomes = [await append.outcome() for append in [stream.append(painted("red")) for stream in streams]]
    assert outcomes == [41, *[ColourTaken("red")] * 39]


async def test_what_comes_behind_in_the_stream_is_to_be_decided_again(store: Store) -> None:
    one, two = await toys(store, "t1", "t2")
    await one.append(painted("red"))
    appends = [two.append(painted("red")), two.append(painted("blue")), one.append(painted("pink"))]
    refused, behind, other = [await append.outcome() for append in appends]
    assert (refused, type(behind), other) == (ColourTaken("red"), DecideAgain, 4)


async def test_a_taken_value_is_refused_also_where_the_next_append_gives_it_up(store: Store) -> None:
    one, two, three = await toys(store, "t1", "t2", "t3")
    await one.append(painted("red"))
    appends = [three.append(painted("pink")), two.append(painted("red")), two.append(painted("blue"))]
    assert [type(await append.outcome()) for append in appends] == [int, ColourTaken, DecideAgain]


async def test_what_another_gives_up_in_the_same_commit_but_later_is_not_free_before(store: Store) -> None:
    one, two = await toys(store, "t1", "t2")
    await one.append(painted("red"))
    appends = [two.append(painted("red")), one.append(painted("blue"))]
    assert [await append.outcome() for append in appends] == [ColourTaken("red"), 4]


async def test_a_value_that_is_given_up_at_once_was_claimed_all_the_same(store: Store) -> None:
    one, two = await toys(store, "t1", "t2")
    appends = [one.append(painted("red")), two.append(painted("red")), one.append(painted("blue"))]
    assert [await append.outcome() for append in appends] == [3, ColourTaken("red"), 4]


async def test_its_own_value_is_not_taken(store: Store) -> None:
    (one,) = await toys(store, "t1")
    appends = [one.append(painted(colour)) for colour in ("red", "blue", "red")]
    assert [await append for append in appends] == [2, 3, 4]


async def test_a_value_is_free_with_the_commit_that_gives_it_up(store: Store) -> None:
    one, two = await toys(store, "t1", "t2")
    await one.append(painted("red"))
    await one.append(painted("blue"))
    assert await two.append(painted("red")) == 5


async def test_the_directory_answers_with_the_refusal_and_decides_again_what_came_behind(store: Store) -> None:
    directory = Directory(store.journal)
    for name in ("t1", "t2"):
        await directory.ask(ToyActor, name, MakeToy(name, "Duck"))
    await directory.ask(ToyActor, "t1", PaintToy("red"))
    replies = [directory.ask(ToyActor, "t2", PaintToy(colour)) for colour in ("red", "red", "blue", "green", "pink")]
    async with asyncio.timeout(20):
        outcomes = [await reply for reply in replies]
    assert outcomes[:2] == [ColourTaken("red")] * 2
    accepted = [outcome for outcome in outcomes[2:] if isinstance(outcome, Accepted)]
    assert [outcome.version for outcome in accepted] == [2, 3, 4]
    assert [event.data for event in await store.queries.stream("toy-t2", 1, 10)] == [
        f'{{"colour":"{colour}"}}' for colour in ("blue", "green", "pink")
    ]


async def test_what_another_has_would_be_refused(store: Store) -> None:
    one, two = await toys(store, "t1", "t2")
    await one.append(painted("red"))
    refusal_of = store.queries.refusal_of
    assert await refusal_of(two.id, [painted("red")]) == ColourTaken("red")
    assert [await refusal_of(stream.id, [painted("blue")]) for stream in (one, two)] == [None, None]
    assert await refusal_of(one.id, [painted("red")]) is None
    assert await refusal_of("toy-new", [made("new")]) is None
