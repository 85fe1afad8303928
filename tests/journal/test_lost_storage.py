"""A storage that was taken over: nothing more is stored, every actor drops its state, and the journal gives up."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import DatabaseRefused, StorageDown, StorageLost
from seatkeeper.storage.journal.engine import Opened
from seatkeeper.storage.journal.limits import JournalLimits
from tests.journal.scripted import BEFORE, Scripted
from tests.sqlite.faults import until
from tests.storage.stores import DEADLINE

TAKEN = "another process has taken the shard"


async def given_up(scripted: Scripted) -> str:
    """Wait until the journal has given up, and return what it says."""
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused) as error:
            await scripted.journal.writing
    return str(error.value)


@pytest.mark.parametrize("scripted", [JournalLimits(batch=1)], indirect=True)
async def test_in_a_commit_it_surely_stores_neither_the_batch_nor_what_waits_behind_it(scripted: Scripted) -> None:
    scripted.engine.faults.append(StorageLost(TAKEN))
    for append in [scripted.append(1), scripted.append(2)]:
        with pytest.raises(NotStored, match=TAKEN):
            await append
    assert await given_up(scripted) == f"{TAKEN}; start again where StorageLost is no more"
    assert scripted.engine.batches == []


async def test_every_actor_drops_its_state(scripted: Scripted) -> None:
    scripted.engine.faults.append(StorageLost(TAKEN))
    with pytest.raises(NotStored):
        await scripted.append(1)
    assert scripted.unknown_outcomes == 1


async def test_nothing_is_taken_any_more_and_the_reason_is_told(scripted: Scripted) -> None:
    scripted.engine.faults.append(StorageLost(TAKEN))
    with pytest.raises(NotStored):
        await scripted.append(1)
    with pytest.raises(StorageDown):
        scripted.append(2)
    assert scripted.journal.unready_reason() == f"{TAKEN}."


async def test_in_a_write_aside_it_was_not_stored_either(scripted: Scripted) -> None:
    scripted.engine.faults.append(StorageLost(TAKEN))
    with pytest.raises(NotStored, match=TAKEN):
        await scripted.journal.write_aside([("any", ())])
    assert TAKEN in await given_up(scripted)


async def test_a_journal_that_writes_nothing_finds_out_too(scripted: Scripted) -> None:
    scripted.engine.looks.append(StorageLost(TAKEN))
    assert TAKEN in await given_up(scripted)


@pytest.mark.parametrize("scripted", [JournalLimits(probe_every=0.2)], indirect=True)
async def test_a_database_that_would_not_store_a_commit_now_makes_the_journal_unready_until_a_probe(
    scripted: Scripted,
) -> None:
    scripted.engine.looks.append(StorageDown("the connection was lost"))
    await until(lambda: scripted.journal.unready_reason() == "The connection was lost.")
    await until(lambda: scripted.journal.unready_reason() is None)


async def test_when_it_is_opened_again_it_is_not_tried_any_more(scripted: Scripted) -> None:
    scripted.engine.faults.append(OSError("the connection was reset"))
    scripted.engine.openings += [StorageLost(TAKEN), Opened(BEFORE)]
    with pytest.raises(OutcomeUnknown):
        await scripted.append(1)
    assert TAKEN in await given_up(scripted)
    assert len(scripted.engine.openings) == 1


async def test_a_database_that_cannot_be_opened_now_is_tried_again(scripted: Scripted) -> None:
    scripted.engine.faults.append(OSError("the connection was reset"))
    scripted.engine.openings += [DatabaseRefused("it starts up"), Opened(BEFORE + 2)]
    with pytest.raises(OutcomeUnknown):
        await scripted.append(1)
    await until(scripted.journal.ready)
    assert (scripted.journal.failed, scripted.unknown_outcomes) == (1, 1)
    assert await scripted.append(2) == BEFORE + 2


async def test_a_database_that_cannot_be_opened_so_many_times_makes_the_journal_give_up(scripted: Scripted) -> None:
    scripted.engine.faults.append(OSError("the connection was reset"))
    scripted.engine.openings += [DatabaseRefused("it is gone"), OSError("refused"), Opened(BEFORE)]
    with pytest.raises(OutcomeUnknown):
        await scripted.append(1)
    assert await given_up(scripted) == "the scripted database could not be opened again in 2 tries"
