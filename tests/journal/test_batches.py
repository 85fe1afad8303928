"""What the journal gives to its engine, and whom it tells of a commit."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageDown, StorageFull
from seatkeeper.storage.journal.failures import BatchRejected
from seatkeeper.storage.journal.limits import JournalLimits
from tests.journal.scripted import BEFORE, Scripted
from tests.sqlite.faults import until

in_twos = pytest.mark.parametrize("scripted", [JournalLimits(batch=2)], indirect=True)


@in_twos
async def test_a_batch_that_is_larger_than_a_commit_takes_several(scripted: Scripted) -> None:
    appends = [scripted.append(number) for number in range(5)]
    assert [await append for append in appends] == [BEFORE + 2 * count for count in range(1, 6)]
    assert scripted.commits == [4, 4, 2]


@in_twos
async def test_close_writes_what_waits(scripted: Scripted) -> None:
    appends = [scripted.append(number) for number in range(5)]
    assert len(scripted.journal) == 5
    await scripted.journal.close()
    assert [len(append.results) for append in appends] == [1] * 5
    assert sum(map(len, scripted.engine.batches)) == 5


async def test_followers_are_told_where_the_journal_ends_also_after_a_commit_without_events(scripted: Scripted) -> None:
    await scripted.append(1)
    await scripted.append(2)
    await scripted.append_nothing(1)
    assert scripted.positions == [BEFORE + 2, BEFORE + 4, BEFORE + 4]


async def test_events_that_another_process_has_committed_in_between_are_counted(scripted: Scripted) -> None:
    await scripted.append(1)
    scripted.engine.position += 50
    assert await scripted.append(2) == BEFORE + 54
    assert scripted.positions[-1] == BEFORE + 54


async def test_a_rejected_batch_is_halved_until_the_append_that_is_the_cause_is_alone(scripted: Scripted) -> None:
    scripted.engine.faults += [BatchRejected("no"), BatchRejected("no"), BatchRejected("no")]
    appends = [scripted.append(number) for number in range(4)]
    with pytest.raises(BatchRejected):
        await appends[0]
    assert [await append for append in appends[1:]] == [BEFORE + 2, BEFORE + 4, BEFORE + 6]
    assert scripted.journal.unready_reason() is None


async def test_what_waits_behind_a_refused_append_of_its_stream_is_refused_with_it(scripted: Scripted) -> None:
    scripted.engine.faults += [BatchRejected("no"), BatchRejected("no")]
    refused, behind = scripted.append(1), scripted.append_nothing(1)
    for append in (refused, behind):
        with pytest.raises(BatchRejected):
            await append
    assert scripted.engine.batches == []


async def test_a_batch_that_no_append_is_the_cause_of_is_refused_as_a_whole(scripted: Scripted) -> None:
    scripted.engine.faults.append(NotStored("locked"))
    appends = [scripted.append(number) for number in range(4)]
    for append in appends:
        with pytest.raises(NotStored, match="locked"):
            await append
    assert scripted.journal.refused == 1


async def test_after_a_refusal_a_probe_makes_the_journal_ready_again(scripted: Scripted) -> None:
    scripted.engine.faults.append(NotStored("locked"))
    with pytest.raises(NotStored):
        await scripted.append(1)
    assert scripted.journal.unready_reason() == "The last commit was refused: locked."
    await until(lambda: scripted.journal.unready_reason() is None)
    assert scripted.engine.batches == [[]]


async def test_a_full_disk_is_not_written_to_until_there_is_room(scripted: Scripted) -> None:
    scripted.engine.faults.append(StorageFull())
    scripted.engine.room = False
    for number in (1, 2):
        with pytest.raises(StorageFull):
            await scripted.append(number)
    assert scripted.engine.batches == []
    scripted.engine.room = True
    assert await scripted.append(3) == BEFORE + 2


async def test_of_writes_aside_that_are_committed_together_one_that_fails_costs_no_other(scripted: Scripted) -> None:
    scripted.engine.faults += [BatchRejected("no"), None, BatchRejected("no")]
    writing = [scripted.journal.write_aside([(name, ())]) for name in ("first", "second", "third")]
    outcomes = await asyncio.gather(*writing, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), BatchRejected, type(None)]
    assert scripted.engine.aside == [[("first", ())], [("third", ())]]


async def test_an_open_journal_is_ready(scripted: Scripted) -> None:
    assert scripted.journal.ready()


async def test_a_closed_journal_takes_nothing(scripted: Scripted) -> None:
    await scripted.journal.close()
    assert not scripted.journal.ready()
    assert scripted.journal.unready_reason() == "The database is not open."
    with pytest.raises(StorageDown):
        scripted.append(1)


async def test_a_journal_that_was_not_opened_takes_nothing() -> None:
    made = Scripted(JournalLimits())
    assert not made.journal.ready()
    with pytest.raises(StorageDown):
        made.journal.check_capacity()
