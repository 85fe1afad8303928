"""One key at a time: whose it is decides what is kept under it, and whoever waits hears what the first one heard."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from seatkeeper.actors.journal import NotStored, OutcomeUnknown, Receipt, StreamDamaged
from seatkeeper.http.problems import KEY_REUSED, Faulty
from seatkeeper.http.receipts import Repeats, StillUnderWay
from seatkeeper.http.routes import Answer

DEADLINE = 20.0
OURS, OTHER = b"ours", b"other"
ANSWER = Answer(b'{"made":1}', 201, 3, 8, "/v1/plans/1")
KEPT = Receipt("key", OURS, 201, 3, 8, "/v1/plans/1", '{"made":1}')


class Counter:
    """A command that waits until it may end, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> Answer:
        self.begun += 1
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return ANSWER


class Shelf:
    """What is kept, and look-ups that can be held."""

    def __init__(self, receipt: Receipt | None = None, error: Exception | None = None) -> None:
        self.receipt = receipt
        self.error = error
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    async def find(self, _: str) -> Receipt | None:
        self.asked.set()
        await self.answers.wait()
        if self.error is not None:
            raise self.error
        return self.receipt


Call = asyncio.Task[tuple[Answer, bool]]


async def begin(repeats: Repeats, command: Counter, *fingerprints: bytes) -> list[Call]:
    """Begin calls with the same key, as far as they come by themselves."""
    calls = [asyncio.create_task(repeats.once("key", fingerprint, command)) for fingerprint in fingerprints]
    for _ in range(5):
        await asyncio.sleep(0)
    return calls


async def ends(calls: list[Call]) -> list[tuple[Answer, bool] | BaseException]:
    async with asyncio.timeout(DEADLINE):
        return await asyncio.gather(*calls, return_exceptions=True)


def is_reuse(ended: tuple[Answer, bool] | BaseException) -> bool:
    return isinstance(ended, Faulty) and ended.fault is KEY_REUSED


async def test_twins_share_one_run() -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    calls = await begin(repeats, command, OURS, OURS, OURS)
    command.may_end.set()
    assert await ends(calls) == [(ANSWER, False), (ANSWER, True), (ANSWER, True)]
    assert command.begun == 1


async def test_what_is_kept_is_not_run() -> None:
    command = Counter()
    assert await ends(await begin(Repeats(Shelf(KEPT).find), command, OURS)) == [(ANSWER, True)]
    assert command.begun == 0


async def test_another_request_at_the_same_time_is_told_once_the_first_is_kept() -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    calls = await begin(repeats, command, OURS, OTHER)
    assert not calls[1].done()
    command.may_end.set()
    first, other = await ends(calls)
    assert first == (ANSWER, False)
    assert is_reuse(other)
    assert command.begun == 1


async def test_a_wrong_request_that_came_first_does_not_take_the_key_from_its_owner() -> None:
    shelf = Shelf(KEPT)
    shelf.answers.clear()
    calls = await begin(Repeats(shelf.find), Counter(), OTHER, OURS, OTHER)
    shelf.answers.set()
    wrong, owner, wrong_too = await ends(calls)
    assert owner == (ANSWER, True)
    assert is_reuse(wrong)
    assert is_reuse(wrong_too)


async def test_of_a_first_request_that_fails_nobody_else_hears_that_the_key_is_used() -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    command.error = NotStored()
    calls = await begin(repeats, command, OTHER, OURS)
    command.may_end.set()
    assert [type(ended) for ended in await ends(calls)] == [NotStored, NotStored]
    command.error = None
    assert await ends(await begin(repeats, command, OURS)) == [(ANSWER, False)]


@pytest.mark.parametrize("error", [NotStored(), OutcomeUnknown(), StreamDamaged(), ZeroDivisionError()], ids=repr)
async def test_whoever_waits_hears_the_failure_of_the_first(error: Exception) -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    command.error = error
    calls = await begin(repeats, command, OURS, OURS, OURS)
    command.may_end.set()
    assert await ends(calls) == [error] * 3
    assert command.begun == 1
    assert len(repeats) == 0


@pytest.mark.parametrize("error", [NotStored(), StreamDamaged()], ids=repr)
async def test_what_cannot_be_looked_up_is_not_run(error: Exception) -> None:
    repeats, command = Repeats(Shelf(error=error).find), Counter()
    assert await ends(await begin(repeats, command, OURS, OURS)) == [error] * 2
    assert command.begun == 0
    assert len(repeats) == 0


async def test_a_twin_that_is_cut_off_takes_nobody_with_it() -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    first, twin, other_twin = await begin(repeats, command, OURS, OURS, OURS)
    twin.cancel()
    command.may_end.set()
    assert [type(ended) for ended in await ends([first, twin, other_twin])] == [tuple, asyncio.CancelledError, tuple]


async def test_when_the_first_is_cut_off_the_outcome_is_unknown_to_its_twins() -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    first, twin = await begin(repeats, command, OURS, OURS)
    first.cancel()
    assert [type(ended) for ended in await ends([first, twin])] == [asyncio.CancelledError, OutcomeUnknown]
    assert len(repeats) == 0


async def test_a_failure_without_twins_is_no_loose_end(caplog: pytest.LogCaptureFixture) -> None:
    repeats, command = Repeats(Shelf().find), Counter()
    command.error = NotStored()
    command.may_end.set()
    await ends(await begin(repeats, command, OURS))
    gc.collect()
    assert caplog.records == []


@pytest.mark.usefixtures("no_collector")
async def test_a_failure_leaves_nothing_for_the_collector() -> None:
    class Gone(NotStored):
        """An error that can be watched."""

    repeats, command = Repeats(Shelf().find), Counter()
    command.error, command.may_end = Gone(), asyncio.Event()
    command.may_end.set()
    gone = weakref.ref(command.error)
    with pytest.raises(Gone):
        await repeats.once("key", OURS, command)
    command.error = None
    assert gone() is None


async def test_a_key_is_not_free_before_the_command_that_was_given_up_is_over() -> None:
    repeats, command, late = Repeats(Shelf().find), Counter(), StillUnderWay()
    command.error = late
    command.may_end.set()
    assert await ends(await begin(repeats, command, OURS)) == [late]
    assert await ends(await begin(repeats, command, OURS, OTHER)) == [late, late]
    assert command.begun == 1
    late.end()
    command.error = None
    assert await ends(await begin(repeats, command, OURS)) == [(ANSWER, False)]


async def test_the_key_of_a_command_that_was_over_when_it_was_given_up_is_free() -> None:
    repeats, command, late = Repeats(Shelf().find), Counter(), StillUnderWay()
    command.error = late
    command.may_end.set()
    late.end()
    await ends(await begin(repeats, command, OURS))
    assert len(repeats) == 0
