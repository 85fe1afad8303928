"""The upkeep of the keyring: uses are saved, and keys are read again after a commit of unknown outcome."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.memory.queries import MemoryQueries
from tests.access.keyrings import World
from tests.access.past import BACKEND, CREATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatkeeper.storage.projections.api_keys import ApiKeyRow

DEADLINE = 20.0
Uses = list[tuple[str, str]]


class Saved:
    """What was saved; it fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.uses: Uses = []
        self.failures = failures
        self.called = asyncio.Event()

    async def __call__(self, uses: Sequence[tuple[str, str]]) -> None:
        self.called.set()
        if self.failures:
            self.failures -= 1
            raise NotStored
        self.uses += uses


async def test_uses_are_saved_while_the_service_runs() -> None:
    world, saved = World(), Saved()
    upkeep = Upkeep(world.keyring, saved, every=0.001)
    await upkeep.start()
    await world.accept(CREATE)
    world.keyring.used(BACKEND)
    async with asyncio.timeout(DEADLINE):
        await saved.called.wait()
    await upkeep.stop()
    assert saved.uses == [(BACKEND, world.now)]


async def test_uses_are_saved_at_the_end() -> None:
    world, saved = World(), Saved()
    upkeep = Upkeep(world.keyring, saved)
    await upkeep.start()
    world.keyring.used(BACKEND)
    await upkeep.stop()
    assert saved.uses == [(BACKEND, world.now)]


async def test_uses_that_could_not_be_saved_are_saved_later_and_told(caplog: pytest.LogCaptureFixture) -> None:
    world, saved = World(), Saved(failures=1)
    upkeep = Upkeep(world.keyring, saved, every=0.001)
    await upkeep.start()
    world.keyring.used(BACKEND)
    async with asyncio.timeout(DEADLINE):
        await saved.called.wait()
    await upkeep.stop()
    assert saved.uses == [(BACKEND, world.now)]
    assert "the last uses of keys were not saved" in caplog.messages


async def test_uses_whose_saving_is_cut_off_are_saved_at_the_end() -> None:
    class Hanging(Saved):
        async def __call__(self, uses: Sequence[tuple[str, str]]) -> None:
            if not self.called.is_set():
                self.called.set()
                await asyncio.Event().wait()
            self.uses += uses

    world, saved = World(), Hanging()
    upkeep = Upkeep(world.keyring, saved, every=0.001)
    await upkeep.start()
    world.keyring.used(BACKEND)
    async with asyncio.timeout(DEADLINE):
        await saved.called.wait()
    await upkeep.stop()
    assert saved.uses == [(BACKEND, world.now)]


async def test_nothing_is_saved_where_nothing_was_used() -> None:
    world, saved = World(), Saved()
    upkeep = Upkeep(world.keyring, saved)
    await upkeep.start()
    await upkeep.stop()
    assert not saved.called.is_set()


async def test_keys_are_read_again_after_a_doubt() -> None:
    world = World()
    upkeep = Upkeep(world.keyring, Saved())
    await upkeep.start()
    world.keyring.forget()
    await upkeep.reload()
    assert not world.keyring.stale
    await upkeep.stop()


async def test_no_key_works_while_they_cannot_be_read_and_that_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    class Unreadable(MemoryQueries):
        failures = 0

        async def all_keys(self) -> Sequence[ApiKeyRow]:
            if self.failures:
                self.failures -= 1
                raise StorageDown
            known.set()
            return await super().all_keys()

    known, queries = asyncio.Event(), Unreadable()
    keyring = Keyring(queries, lambda: "")
    upkeep = Upkeep(keyring, Saved(), pause=0.001)
    await upkeep.start()
    known.clear()
    queries.failures = 3
    await upkeep.reload()
    with pytest.raises(StorageDown):
        keyring.find(BACKEND)
    async with asyncio.timeout(DEADLINE):
        await known.wait()
    await upkeep.stop()
    assert keyring.find(BACKEND) is None
    assert "the keys could not be read" in caplog.messages
