"""Idempotency keys: a command that is sent again has one effect, and always the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from seatkeeper.actors.journal import IdempotencyKey, Receipt
from seatkeeper.actors.messages import Outcome, Refusal
from seatkeeper.http.problems import KEY_REUSED, PROBLEM_TYPE, Faulty, ReceiptNotFound, Refused, refusal_body, status_of
from seatkeeper.http.routes import Answer, Call, Nothing, Route, encode
from seatkeeper.http.service import Service


class KeyOfCall(IdempotencyKey):
    """The key of one call, which knows how the call is answered: each time in the same words."""

    def __init__(self, key: str, fingerprint: bytes, answer: Callable[[Outcome], Answer]) -> None:
        """Be the key of a request with this fingerprint, which `answer` answers."""
        self.key = key
        self.fingerprint = fingerprint
        self.answer = answer

    def receipt(self, outcome: Outcome) -> Receipt:
        """Write down the answer to this outcome."""
        answer = self.answer(outcome)
        position = None if answer.position is None else 0
        body = answer.body.decode()
        return Receipt(self.key, self.fingerprint, answer.status, answer.version, position, answer.location, body)


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


class Repeats:
    """Lets each key through once: who comes with the same one waits for the first, or gets the stored answer."""

    def __init__(self, find: Callable[[str], Awaitable[Receipt | None]]) -> None:
        """Look stored answers up with `find`."""
        self._find = find
        self._running: dict[str, tuple[bytes, asyncio.Future[Answer]]] = {}

    def __len__(self) -> int:
        """Count the keys whose command is under way."""
        return len(self._running)

    async def once(self, key: str, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """Return the answer, and whether it is one that was given before.

        Raise Faulty when the key came with another request, and whatever `run` raises: then nothing is stored, and the
        key is free again.
        """
        first = self._running.get(key)
        if first is not None:
            _compare(fingerprint, first[0])
            return await asyncio.shield(first[1]), True
        running: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._running[key] = fingerprint, running
        try:
            receipt = await self._find(key)
            if receipt is not None:
                _compare(fingerprint, receipt.fingerprint)
            answer = await run() if receipt is None else again(receipt)
        except BaseException as error:
            running.set_exception(error if isinstance(error, Exception) else ConnectionError("the first call ended"))
            running.exception()  # who waits for it is told; if nobody does, that is no failure
            raise
        else:
            running.set_result(answer)
            return answer, receipt is not None
        finally:
            del self._running[key]


def _compare(fingerprint: bytes, first: bytes) -> None:
    if fingerprint != first:
        raise Faulty(KEY_REUSED)


class StoredAnswer(msgspec.Struct, frozen=True):
    """What became of a command: the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: msgspec.Raw | None
    recorded_at: str


JsonValue: TypeAlias = str | int | bool | dict[str, str | int | bool | None] | list[dict[str, str]] | None
"""What stands in the fields of an answer."""


class StoredAnswerView(msgspec.Struct, frozen=True):
    """What became of a command: status, headers and body of the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: dict[str, JsonValue] | None
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
