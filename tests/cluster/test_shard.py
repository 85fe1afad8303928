"""A shard by itself: what twins are told, and what it clears away when it opens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.http.cluster import shard as shards
from seatkeeper.http.cluster.shard import Shard, after_first
from seatkeeper.http.cluster.status import ShardSettings, ShardStatus
from seatkeeper.http.system import IdSource
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards
from tests.postgresql.server import Server

DEADLINE = 60.0
LONG_AGO = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def database(postgresql: Server) -> AsyncIterator[str]:
    """A database whose streams belong to one shard."""
    name = postgresql.new_database()
    await prepare_for_shards(Address(postgresql.url(name)), 1)
    yield name
    postgresql.drop(name)


async def test_a_twin_fails_as_the_first_command_of_its_key() -> None:
    first: Reply = LoopFuture()
    twin = after_first(first)
    first.fail(OutcomeUnknown("the connection was lost"))
    with pytest.raises(OutcomeUnknown):
        await twin


async def test_a_twin_of_one_that_has_an_outcome_is_not_stored() -> None:
    first: Reply = LoopFuture()
    twin = after_first(first)
    first.set(Accepted(None, 1, 1))
    with pytest.raises(NotStored, match="another request with the same key was first"):
        await twin


async def test_a_shard_that_opens_clears_away_the_secrets_that_nothing_has_named_for_long(
    postgresql: Server, database: str
) -> None:
    new = IdSource()()
    for secret_id in (LONG_AGO, new):
        postgresql.sql(f"INSERT INTO webhook_secrets VALUES ('w', '{secret_id}', 'whsec_')", database)
    settings = ShardSettings(
        postgresql.url(database), 0, 1, 100, 100, webhook_http=False, webhook_private_addresses=False
    )
    shard = Shard(msgspec.msgpack.encode(settings), lambda: None)
    try:
        async with asyncio.timeout(DEADLINE):
            while msgspec.msgpack.decode(await shard.status(), type=ShardStatus).unready:  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0)
        assert postgresql.sql("SELECT secret_id FROM webhook_secrets", database) == [[new]]
    finally:
        await shard.close()


async def test_an_edge_is_to_leave_for_as_long_as_it_is_told_and_is_forgotten_when_it_has_left(
    postgresql: Server, database: str
) -> None:
    settings = ShardSettings(
        postgresql.url(database), 0, 1, 100, 100, webhook_http=False, webhook_private_addresses=False
    )
    shard = Shard(msgspec.msgpack.encode(settings), lambda: None)
    try:
        await shard.ask_to_leave("edge")
        told = msgspec.msgpack.decode(await shard.status("edge"), type=ShardStatus)
        assert (told.edges, told.leaving) == (["edge"], ["edge"])
        await shard.forget_edge("edge")
        told = msgspec.msgpack.decode(await shard.status(), type=ShardStatus)
        assert (told.edges, told.leaving) == ([], [])
    finally:
        await shard.close()


async def test_a_shard_that_was_closed_and_not_ended_ends_by_itself(
    postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "CLOSED_FOR", 0)
    ended = asyncio.Event()
    settings = ShardSettings(
        postgresql.url(database), 0, 1, 100, 100, webhook_http=False, webhook_private_addresses=False
    )
    await Shard(msgspec.msgpack.encode(settings), ended.set).close()
    async with asyncio.timeout(DEADLINE):
        await ended.wait()
