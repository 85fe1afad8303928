"""A Ray that was started anew knows the shards no more: whoever is connected to it ends."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.http.cluster import on_ray
from seatkeeper.http.cluster.operating import while_remembered


async def test_what_was_to_be_done_ends_by_itself_while_ray_knows_the_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "remembers_shards", lambda _count: True)
    done, stop = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        done.set()

    await while_remembered(2, work(), stop.set)
    assert done.is_set()
    assert not stop.is_set()


async def test_it_is_stopped_and_fails_when_ray_has_forgotten_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "remembers_shards", lambda _count: False)
    stop = asyncio.Event()

    async def work() -> None:
        await stop.wait()

    with pytest.raises(ConnectionError, match="Ray knows the shards no more"):
        await while_remembered(2, work(), stop.set)


async def test_what_fails_by_itself_fails_with_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "remembers_shards", lambda _count: True)

    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await while_remembered(2, work(), lambda: None)
