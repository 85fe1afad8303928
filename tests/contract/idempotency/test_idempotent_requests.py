"""Requests with the same key: one of them runs, and the others get its answer or its failure."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown, Receipt, StreamDamaged
from seatkeeper.http.server.idempotency import IdempotentRequests, StillRunning
from seatkeeper.http.server.problems import KEY_REUSED, ProblemError
from seatkeeper.http.server.routes import Answer

DEADLINE = 20.0
OURS, OTHER = b"ours", b"other"
ANSWER = Answer(b'{"made":1}', 201, 3, 8, "/v1/plans/1")
STORED = Receipt("key", OURS, 201, 3, 8, "/v1/plans/1", '{"made":1}')


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


class Receipts:
    """What is stored, and look-ups that can be held."""

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


async def begin(requests: IdempotentRequests, command: Counter, *fingerprints: bytes) -> list[Call]:
    """Begin calls with the same key, as far as they come by themselves."""
    calls = [asyncio.create_task(requests.run_once("key", fingerprint, command)) for fingerprint in fingerprints]
    for _ in range(5):
        await asyncio.sleep(0)
    return calls


async def ends(calls: list[Call]) -> list[tuple[Answer, bool] | BaseException]:
    async with asyncio.timeout(DEADLINE):
        return await asyncio.gather(*calls, return_exceptions=True)


def is_reuse(ended: tuple[Answer, bool] | BaseException) -> bool:
    return isinstance(ended, ProblemError) and ended.problem is KEY_REUSED


async def test_duplicate_requests_share_one_run() -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    calls = await begin(requests, command, OURS, OURS, OURS)
    command.may_end.set()
    assert await ends(calls) == [(ANSWER, False), (ANSWER, True), (ANSWER, True)]
    assert command.begun == 1


async def test_a_command_with_a_stored_answer_is_not_run() -> None:
    command = Counter()
    assert await ends(await begin(IdempotentRequests(Receipts(STORED).find), command, OURS)) == [(ANSWER, True)]
    assert command.begun == 0


async def test_another_request_with_the_key_is_refused_when_the_first_is_stored() -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    calls = await begin(requests, command, OURS, OTHER)
    assert not calls[1].done()
    command.may_end.set()
    first, other = await ends(calls)
    assert first == (ANSWER, False)
    assert is_reuse(other)
    assert command.begun == 1


async def test_a_wrong_request_that_came_first_does_not_take_the_key_from_its_owner() -> None:
    receipts = Receipts(STORED)
    receipts.answers.clear()
    calls = await begin(IdempotentRequests(receipts.find), Counter(), OTHER, OURS, OTHER)
    receipts.answers.set()
    wrong, owner, wrong_too = await ends(calls)
    assert owner == (ANSWER, True)
    assert is_reuse(wrong)
    assert is_reuse(wrong_too)


async def test_when_the_first_request_fails_the_key_is_not_used() -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    command.error = NotStored()
    calls = await begin(requests, command, OTHER, OURS)
    command.may_end.set()
    assert [type(ended) for ended in await ends(calls)] == [NotStored, NotStored]
    command.error = None
    assert await ends(await begin(requests, command, OURS)) == [(ANSWER, False)]


@pytest.mark.parametrize("error", [NotStored(), OutcomeUnknown(), StreamDamaged(), ZeroDivisionError()], ids=repr)
async def test_those_that_wait_get_the_failure_of_the_first(error: Exception) -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    command.error = error
    calls = await begin(requests, command, OURS, OURS, OURS)
    command.may_end.set()
    assert await ends(calls) == [error] * 3
    assert command.begun == 1
    assert len(requests) == 0


@pytest.mark.parametrize("error", [NotStored(), StreamDamaged()], ids=repr)
async def test_a_command_whose_key_cannot_be_looked_up_is_not_run(error: Exception) -> None:
    requests, command = IdempotentRequests(Receipts(error=error).find), Counter()
    assert await ends(await begin(requests, command, OURS, OURS)) == [error] * 2
    assert command.begun == 0
    assert len(requests) == 0


async def test_a_duplicate_request_that_is_cut_off_does_not_affect_the_others() -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    first, duplicate, another = await begin(requests, command, OURS, OURS, OURS)
    duplicate.cancel()
    command.may_end.set()
    assert [type(ended) for ended in await ends([first, duplicate, another])] == [tuple, asyncio.CancelledError, tuple]


async def test_when_the_first_is_cut_off_the_outcome_is_unknown_to_the_others() -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    first, duplicate = await begin(requests, command, OURS, OURS)
    first.cancel()
    assert [type(ended) for ended in await ends([first, duplicate])] == [asyncio.CancelledError, OutcomeUnknown]
    assert len(requests) == 0


async def test_a_failure_that_nobody_else_waits_for_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    requests, command = IdempotentRequests(Receipts().find), Counter()
    command.error = NotStored()
    command.may_end.set()
    await ends(await begin(requests, command, OURS))
    gc.collect()
    assert caplog.records == []


@pytest.mark.usefixtures("no_collector")
async def test_a_failure_leaves_nothing_for_the_collector() -> None:
    class Gone(NotStored):
        """An error that can be watched."""

    requests, command = IdempotentRequests(Receipts().find), Counter()
    command.error, command.may_end = Gone(), asyncio.Event()
    command.may_end.set()
    gone = weakref.ref(command.error)
    with pytest.raises(Gone):
        await requests.run_once("key", OURS, command)
    command.error = None
    assert gone() is None


async def test_a_key_is_not_free_before_the_command_that_was_given_up_has_ended() -> None:
    requests, command, late = IdempotentRequests(Receipts().find), Counter(), StillRunning()
    command.error = late
    command.may_end.set()
    assert await ends(await begin(requests, command, OURS)) == [late]
    assert await ends(await begin(requests, command, OURS, OTHER)) == [late, late]
    assert command.begun == 1
    late.end()
    command.error = None
    assert await ends(await begin(requests, command, OURS)) == [(ANSWER, False)]


async def test_the_key_of_a_command_that_had_ended_when_it_was_given_up_is_free() -> None:
    requests, command, late = IdempotentRequests(Receipts().find), Counter(), StillRunning()
    command.error = late
    command.may_end.set()
    late.end()
    await ends(await begin(requests, command, OURS))
    assert len(requests) == 0
