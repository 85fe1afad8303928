"""Rows are found many with one query, and a failure is told to everybody who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from seatkeeper.storage.database import QueryTooSlow, Row
from seatkeeper.storage.finder import Finder


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


async def test_who_asks_at_the_same_time_shares_a_query() -> None:
    table = Table()
    finder = Finder(table, tuple)
    found = await asyncio.gather(*(finder.find(key) for key in ("k1", "other", "k22")))
    assert found == [("k1", 2), None, ("k22", 3)]
    assert table.asked == [["k1", "other", "k22"]]


async def test_a_key_that_is_asked_for_twice_is_found_twice() -> None:
    finder = Finder(Table(), tuple)
    assert list(await asyncio.gather(finder.find("k1"), finder.find("k1"))) == [("k1", 2), ("k1", 2)]


async def test_a_query_has_a_bounded_number_of_keys() -> None:
    table = Table()
    finder = Finder(table, tuple)
    found = await asyncio.gather(*(finder.find(f"k{number}") for number in range(2 * Finder.MOST + 1)))
    assert all(found)
    assert [len(keys) for keys in table.asked] == [Finder.MOST, Finder.MOST, 1]


async def test_a_failure_is_told_to_all_who_wait_for_that_query_and_the_next_one_is_asked_anew() -> None:
    table = Table()
    finder = Finder(table, tuple)
    table.broken = True
    told = await asyncio.gather(finder.find("k1"), finder.find("k2"), return_exceptions=True)
    assert all(isinstance(error, OSError) for error in told)
    assert len(table.asked) == 1
    table.broken = False
    assert await finder.find("k1") == ("k1", 2)


async def test_a_row_that_cannot_be_read_is_told_to_who_asked_for_it() -> None:
    def read(row: Row) -> Row:
        if row[1] == 3:
            raise ValueError("three")
        return row

    finder = Finder(Table(), read)
    assert [await finder.find("k1")] == [("k1", 2)]
    told = await asyncio.gather(finder.find("k22"), finder.find("k1"), return_exceptions=True)
    assert [type(one) for one in told] == [ValueError, tuple]


async def test_who_has_waited_too_long_behind_slow_queries_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    monkeypatch.setattr(Finder, "PATIENCE", -1.0)
    with pytest.raises(QueryTooSlow):
        await Finder(table, tuple).find("k1")
    assert table.asked == []


async def test_who_no_longer_waits_is_left_out() -> None:
    finder = Finder(Table(), tuple)
    gone, stays = finder.find("k1"), finder.find("k22")
    gone.cancel()
    assert await stays == ("k22", 3)
    with pytest.raises(asyncio.CancelledError):
        await gone
