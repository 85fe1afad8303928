"""The positions of the journal are in the order of the commits and without gaps, however many write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from seatkeeper.storage.journal.writes import QueuedWrite, encode
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import connect
from seatkeeper.storage.postgresql.shards import Place, Shard
from seatkeeper.storage.postgresql.writer import Writer
from seatkeeper.storage.registry import KINDS
from tests import suite
from tests.accounts.past import ACCOUNT, opened
from tests.scenario import flat
from tests.storage.stores import NOW, Written, account_id, answered

WRITERS = 8
ROUNDS = suite.pick(short=20, middle=100, long=1_000)


@pytest.fixture
async def writers(database_url: str) -> AsyncIterator[list[Writer]]:
    """Writers that each own a shard."""
    address = Address(database_url)
    connections = [await connect(address) for _ in range(WRITERS)]
    await prepare(connections[0], address, KINDS)
    yield [
        Writer(connection, "it", await Shard(Place(number, 1), "it").take(connection))
        for number, connection in enumerate(connections)
    ]
    for connection in connections:
        await connection.close()


def signed_up(number: int) -> QueuedWrite:
    """What is stored of an account, with a receipt."""
    events, state = flat([opened(account_id=account_id(number))]), None
    for event in events:
        state = ACCOUNT.evolve(state, event)
    append = Written(f"account-{account_id(number)}", 0, events, state, answered(f"key {number}"))
    return encode(append, NOW, KINDS)


async def test_a_reader_never_sees_a_later_position_before_an_earlier_one(
    writers: list[Writer], database_url: str
) -> None:
    done = asyncio.Event()

    async def write(shard: int, writer: Writer) -> list[tuple[str, int]]:
        stored = []
        for turn in range(ROUNDS):
            some = [signed_up(shard * 10_000 + turn * 10 + number) for number in range(turn % 3 + 1)]
            await writer.commit(some)
            stored += [(write.stream_id, write.position) for write in some]
        return stored

    async def read() -> int:
        looks = 0
        reader = await asyncpg.connect(database_url)
        while True:
            last = done.is_set()
            found = [position for (position,) in await reader.fetch("SELECT position FROM events ORDER BY position")]
            assert found == list(range(1, len(found) + 1))
            looks += 1
            if last:
                await reader.close()
                return looks

    reading = asyncio.ensure_future(read())
    stored = await asyncio.gather(*(write(shard, writer) for shard, writer in enumerate(writers)))
    done.set()
    assert await reading > 1
    reader = await asyncpg.connect(database_url)
    rows = await reader.fetch("SELECT stream_id, max(position) FROM events GROUP BY stream_id")
    assert {tuple(row) for row in rows} == {one for some in stored for one in some}
    await reader.close()


async def test_the_receipt_of_a_commit_has_the_position_of_its_event(writers: list[Writer], database_url: str) -> None:
    await asyncio.gather(*(writer.commit([signed_up(number)]) for number, writer in enumerate(writers)))
    reader = await asyncpg.connect(database_url)
    rows = await reader.fetch("SELECT key, receipts.position, stream_id FROM receipts JOIN events USING (position)")
    await reader.close()
    assert {(key, stream_id) for key, _, stream_id in rows} == {
        (f"key {number}", f"account-{account_id(number)}") for number in range(WRITERS)
    }
