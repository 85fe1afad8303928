"""Many rows are found with one query, and a failed query fails all its lookups."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from seatkeeper.storage.errors import QueryTooSlow
from seatkeeper.storage.sql.lookups import RowLoader
from seatkeeper.storage.sql.pieces import Row


class Table:
    """Holds the keys that begin with 'k', and notes what it was asked for; `broken` queries fail."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.broken = False

    async def __call__(self, keys: Sequence[str]) -> Sequence[Row]:
        self.asked.append(list(keys))
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("the disk is gone")
        return [(key, len(key)) for key in keys if key.startswith("k")]


async def test_lookups_at_the_same_time_share_a_query() -> None:
    table = Table()
    loader = RowLoader(table, tuple)
    found = await asyncio.gather(*(loader.find(key) for key in ("k1", "other", "k22")))
    assert found == [("k1", 2), None, ("k22", 3)]
    assert table.asked == [["k1", "other", "k22"]]


async def test_a_key_that_is_looked_up_twice_is_found_twice() -> None:
    loader = RowLoader(Table(), tuple)
    assert list(await asyncio.gather(loader.find("k1"), loader.find("k1"))) == [("k1", 2), ("k1", 2)]


async def test_a_query_has_a_bounded_number_of_keys() -> None:
    table = Table()
    loader = RowLoader(table, tuple)
    found = await asyncio.gather(*(loader.find(f"k{number}") for number in range(2 * RowLoader.MOST + 1)))
    assert all(found)
    assert [len(keys) for keys in table.asked] == [RowLoader.MOST, RowLoader.MOST, 1]


async def test_a_failed_query_fails_all_its_lookups_and_the_next_lookup_queries_again() -> None:
    table = Table()
    loader = RowLoader(table, tuple)
    table.broken = True
    results = await asyncio.gather(loader.find("k1"), loader.find("k2"), return_exceptions=True)
    assert all(isinstance(error, OSError) for error in results)
    assert len(table.asked) == 1
    table.broken = False
    assert await loader.find("k1") == ("k1", 2)


async def test_a_row_that_cannot_be_read_fails_its_own_lookup() -> None:
    def read(row: Row) -> Row:
        if row[1] == 3:
            raise ValueError("three")
        return row

    loader = RowLoader(Table(), read)
    assert [await loader.find("k1")] == [("k1", 2)]
    results = await asyncio.gather(loader.find("k22"), loader.find("k1"), return_exceptions=True)
    assert [type(one) for one in results] == [ValueError, tuple]


async def test_a_lookup_that_has_waited_too_long_behind_slow_queries_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    monkeypatch.setattr(RowLoader, "PATIENCE", -1.0)
    with pytest.raises(QueryTooSlow):
        await RowLoader(table, tuple).find("k1")
    assert table.asked == []


async def test_a_cancelled_lookup_is_left_out() -> None:
    loader = RowLoader(Table(), tuple)
    gone, stays = loader.find("k1"), loader.find("k22")
    gone.cancel()
    assert await stays == ("k22", 3)
    with pytest.raises(asyncio.CancelledError):
        await gone
