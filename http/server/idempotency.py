"""Idempotency keys: a command that is sent again has one effect, and always the same answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from seatkeeper.actors.aggregates.journal import IdempotencyKey, NotStored, OutcomeUnknown, Receipt
from seatkeeper.actors.aggregates.messages import Outcome, Refusal
from seatkeeper.http.server.problems import KEY_REUSED, PROBLEM_TYPE, ProblemError
from seatkeeper.http.server.responses import refusal_answer
from seatkeeper.http.server.routes import Answer, Call, Route


@dataclass(frozen=True)
class AnswerWriter:
    """Writes the answer to a command, here or in another process: what the route needs to know of the request."""

    route: Route
    call: Call[object, object]
    path: str
    request_id: str

    def __call__(self, outcome: Outcome) -> Answer:
        """Answer this outcome."""
        if isinstance(outcome, Refusal):
            return refusal_answer(outcome, self.path, self.request_id)
        return self.route.accepted(self.call, outcome)


class RequestKey(IdempotencyKey):
    """The key of one request, which knows how the request is answered."""

    def __init__(self, key: str, fingerprint: bytes, write: Callable[[Outcome], Answer]) -> None:
        """Be the key of a request with this fingerprint, whose answer `write` writes."""
        self.key = key
        self.fingerprint = fingerprint
        self.write = write
        self._written: Answer | None = None

    def receipt(self, outcome: Outcome) -> Receipt:
        """Write the answer to this outcome, and keep it until it may leave."""
        self._written = answer = self.write(outcome)
        position = None if answer.position is None else 0
        body = answer.body.decode()
        return Receipt(self.key, self.fingerprint, answer.status, answer.version, position, answer.location, body)

    def answer(self, outcome: Outcome) -> Answer:
        """Return the answer to this outcome as the receipt has it, with the position that it has by now."""
        answer = self.write(outcome) if self._written is None else self._written
        if isinstance(outcome, Refusal):
            return answer
        return Answer(answer.body, answer.status, answer.version, outcome.position, answer.location)


def receipt_key(key_id: str | None, key: str) -> str:
    """Name the receipt of an idempotency key, which belongs to the API key that it came with.

    Between the two stands what no idempotency key can have in it, so that nobody can send the name of another's.
    """
    return key if key_id is None else f"{key_id}\t{key}"


def stored_answer(receipt: Receipt) -> Answer:
    """Answer as it was answered before."""
    content_type = PROBLEM_TYPE if receipt.status >= 400 else "application/json"  # noqa: PLR2004 - a problem
    body = receipt.body.encode()
    return Answer(body, receipt.status, receipt.version, receipt.position, receipt.location, content_type)


class StillRunning(OutcomeUnknown):
    """The command still runs, and its client was answered. `end` is called at its end."""

    _ended = False
    _at_end: Callable[[], object] | None = None

    def end(self) -> None:
        """Note that the command has ended, whatever came of it."""
        self._ended = True
        if self._at_end is not None:
            self._at_end()

    def when_ended(self, call: Callable[[], object]) -> None:
        """Call this at the end of the command, or now if that has come."""
        if self._ended:
            call()
        else:
            self._at_end = call


class IdempotentRequests:
    """Runs one request of each key: a repeated one waits for the first, or gets the stored answer."""

    def __init__(self, find: Callable[[str], Awaitable[Receipt | None]], *, twins_elsewhere: bool = False) -> None:
        """Look stored answers up with `find`, and again after a failure if another process may have run the twin."""
        self._find = find
        self._twins_elsewhere = twins_elsewhere
        self._running: dict[str, asyncio.Future[tuple[bytes, Answer]]] = {}

    def __len__(self) -> int:
        """Count the keys whose command runs."""
        return len(self._running)

    async def run_once(self, key: str, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """Return the answer, and whether it was given before.

        Raise ProblemError when the key has an answer to another request, and whatever `run` raises, to all who wait:
        then nothing is stored, and the key is free again; after StillRunning it is so only at the end of the command,
        and a request that comes before that is told the same.
        """
        if key in self._running:
            # The first request may itself have come with a used key, so the fingerprint is known only at its end.
            stored, answer = await asyncio.shield(self._running[key])
            replayed = True
        else:
            stored, answer, replayed = await self._first(key, fingerprint, run)
        if stored != fingerprint:
            raise ProblemError(KEY_REUSED)
        return answer, replayed

    async def _first(
        self, key: str, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]
    ) -> tuple[bytes, Answer, bool]:
        # No name for the future here: a failure holds on to this frame, and both would be left to the collector.
        self._running[key] = asyncio.get_running_loop().create_future()
        try:
            receipt = await self._find(key)
            if receipt is None:
                stored, answer, replayed = await self._run(key, fingerprint, run)
            else:
                stored, answer, replayed = receipt.fingerprint, stored_answer(receipt), True
        except BaseException as error:
            known = isinstance(error, Exception)
            self._running[key].set_exception(error if known else OutcomeUnknown("the first request was cut off"))
            self._running[key].exception()  # marks it as retrieved: no other request may be waiting
            if isinstance(error, StillRunning):
                error.when_ended(partial(self._running.__delitem__, key))
            else:
                del self._running[key]
            raise
        self._running.pop(key).set_result((stored, answer))
        return stored, answer, replayed

    async def _run(
        self, key: str, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]
    ) -> tuple[bytes, Answer, bool]:
        """Run a command; where it fails, find what it has stored after all, or a twin in its place."""
        try:
            return fingerprint, await run(), False
        except (NotStored, OutcomeUnknown) as error:
            receipt: Receipt | None = None
            if self._twins_elsewhere and not isinstance(error, StillRunning):
                with contextlib.suppress(NotStored):  # the receipts cannot be read now
                    receipt = await self._find(key)
            if receipt is None:
                raise
            return receipt.fingerprint, stored_answer(receipt), True
