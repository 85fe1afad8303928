"""Idempotency keys: a command that is sent again has one effect, and always the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from seatkeeper.actors.journal import IdempotencyKey, OutcomeUnknown, Receipt
from seatkeeper.actors.messages import Outcome, Refusal
from seatkeeper.http.problems import KEY_REUSED, PROBLEM_TYPE, Faulty, ReceiptNotFound, Refused, refusal_body, status_of
from seatkeeper.http.routes import Answer, Call, Nothing, Route, encode
from seatkeeper.http.service import Service


class KeyOfCall(IdempotencyKey):
    """The key of one call, which knows how the call is answered."""

    def __init__(self, key: str, fingerprint: bytes, write: Callable[[Outcome], Answer]) -> None:
        """Be the key of a request with this fingerprint, whose answer `write` writes."""
        self.key = key
        self.fingerprint = fingerprint
        self._write = write
        self._written: Answer | None = None

    def receipt(self, outcome: Outcome) -> Receipt:
        """Write the answer to this outcome, and keep it for when it may leave."""
        self._written = answer = self._write(outcome)
        position = None if answer.position is None else 0
        body = answer.body.decode()
        return Receipt(self.key, self.fingerprint, answer.status, answer.version, position, answer.location, body)

    def answer(self, outcome: Outcome) -> Answer:
        """Return the answer to this outcome, in the words of the receipt, with the position that it has by now."""
        answer = self._write(outcome) if self._written is None else self._written
        if isinstance(outcome, Refusal):
            return answer
        return Answer(answer.body, answer.status, answer.version, outcome.position, answer.location)


def refused(refusal: Refusal, path: str, request_id: str) -> Answer:
    """Answer a refusal with its problem."""
    version = getattr(refusal, "current_version", None)
    body = refusal_body(refusal, path, request_id)
    return Answer(body, status_of(refusal), version, content_type=PROBLEM_TYPE)


def again(receipt: Receipt) -> Answer:
    """Answer as it was answered before."""
    content_type = PROBLEM_TYPE if receipt.status >= 400 else "application/json"  # noqa: PLR2004 - refused
    body = receipt.body.encode()
    return Answer(body, receipt.status, receipt.version, receipt.position, receipt.location, content_type)


class StillUnderWay(OutcomeUnknown):
    """The command is under way, and nobody waits for it any more; whoever gave it up calls `end` at its end."""

    _ended = False
    _at_end: Callable[[], object] | None = None

    def end(self) -> None:
        """Note that it is over, whatever came of it."""
        self._ended = True
        if self._at_end is not None:
            self._at_end()

    def when_over(self, call: Callable[[], object]) -> None:
        """Call this at its end, or now if that has come."""
        if self._ended:
            call()
        else:
            self._at_end = call


class Repeats:
    """Lets each key through once: who comes with the same one waits for the first, or gets the stored answer."""

    def __init__(self, find: Callable[[str], Awaitable[Receipt | None]]) -> None:
        """Look stored answers up with `find`."""
        self._find = find
        self._running: dict[str, asyncio.Future[tuple[bytes, Answer]]] = {}

    def __len__(self) -> int:
        """Count the keys whose command is under way."""
        return len(self._running)

    async def once(self, key: str, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """Return the answer, and whether it is one that was given before.

        Raise Faulty when an answer to another request is kept under the key, and whatever `run` raises, to all who
        wait: then nothing is stored, and the key is free again; after StillUnderWay it is so only at the end of the
        command, and whoever comes before that hears the same.
        """
        if key in self._running:
            # Whose key it is, nobody knows before the first has ended: it may itself have come with a used one.
            kept, answer = await asyncio.shield(self._running[key])
            replayed = True
        else:
            kept, answer, replayed = await self._first(key, fingerprint, run)
        if kept != fingerprint:
            raise Faulty(KEY_REUSED)
        return answer, replayed

    async def _first(
        self, key: str, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]
    ) -> tuple[bytes, Answer, bool]:
        # No name for the future here: a failure holds on to this frame, and both would be left to the collector.
        self._running[key] = asyncio.get_running_loop().create_future()
        try:
            receipt = await self._find(key)
            kept, answer = (fingerprint, await run()) if receipt is None else (receipt.fingerprint, again(receipt))
        except BaseException as error:
            known = isinstance(error, Exception)
            self._running[key].set_exception(error if known else OutcomeUnknown("the first call was cut off"))
            self._running[key].exception()  # who waits for it is told; if nobody does, that is no failure
            if isinstance(error, StillUnderWay):
                error.when_over(partial(self._running.__delitem__, key))
            else:
                del self._running[key]
            raise
        self._running.pop(key).set_result((kept, answer))
        return kept, answer, receipt is not None


class StoredAnswer(msgspec.Struct, frozen=True):
    """What became of a command: the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: msgspec.Raw | None
    recorded_at: str


class StoredAnswerView(msgspec.Struct, frozen=True):
    """What became of a command: status, headers and body of the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: dict[str, msgspec.Raw] | None
    recorded_at: str


async def get_receipt(service: Service, call: Call[None, Nothing]) -> Answer:
    """Tell what became of the command that was sent with this idempotency key."""
    receipt = await service.find_receipt(call.ids["key"])
    if receipt is None:
        raise Refused(ReceiptNotFound())
    body = msgspec.Raw(receipt.body.encode()) if receipt.body else None
    columns = (receipt.key, receipt.status, receipt.version, receipt.position, receipt.location)
    return Answer(encode(StoredAnswer(*columns, body, receipt.recorded_at)))


ROUTES = (Route("GET", "/v1/receipts/{key}", get_receipt, StoredAnswerView, refusals=(ReceiptNotFound,)),)
