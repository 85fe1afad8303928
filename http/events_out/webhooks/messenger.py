"""One try of one message: signed, sent within the deadline, and written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seatkeeper.http.events_out.webhooks import schedule
from seatkeeper.http.events_out.webhooks.message import key_of, signed_headers
from seatkeeper.http.events_out.webhooks.sender import Answer, Sender
from seatkeeper.http.headers import TRACEPARENT
from seatkeeper.storage.deliveries import Attempt, Secret

DEADLINE = 20.0
"""Seconds for a request, from its first name look-up to the status."""


class Key(NamedTuple):
    """What signs, and until when; for good where there is no end."""

    key: bytes
    until: float | None


def keys_of(secrets: Sequence[Secret]) -> list[Key]:
    """Read the keys of secrets."""
    ends = [None if secret.valid_until is None else schedule.read_time(secret.valid_until) for secret in secrets]
    return [Key(key_of(secret.secret), end) for secret, end in zip(secrets, ends, strict=True)]


class Sent(NamedTuple):
    """What was sent when, and what came back."""

    message_id: str
    started: float
    ended: float
    answer: Answer

    def attempt(self, position: int, number: int) -> Attempt:
        """Write it down as the try of this number."""
        return Attempt(
            position=position,
            message_id=self.message_id,
            attempt=number,
            at=schedule.written(self.started),
            milliseconds=max(0, round((self.ended - self.started) * 1000)),
            status=self.answer.status,
            error=self.answer.error,
            outcome="delivered" if self.answer.accepted else "failed",
        )


class Messenger:
    """Signs and sends."""

    def __init__(self, sender: Sender, clock: Callable[[], float]) -> None:
        """Send with this sender, at the time of this clock."""
        self._sender = sender
        self._clock = clock

    async def send(
        self, url: str, keys: Sequence[Key], message_id: str, body: bytes, traceparent: str | None = None
    ) -> Sent:
        """Sign the message with every key that is valid now, and send it, as a part of the trace that is named."""
        started = self._clock()
        valid = [key for key, until in keys if until is None or started < until]
        answer = Answer(None, "there is no secret to sign with")
        if valid:
            headers = signed_headers(valid, message_id, int(started), body)
            if traceparent is not None:
                headers[TRACEPARENT] = traceparent
            try:
                async with asyncio.timeout(DEADLINE):
                    answer = await self._sender.send(url, headers, body)
            except TimeoutError:
                answer = Answer(None, f"no answer within {DEADLINE:.0f} s")
        return Sent(message_id, started, self._clock(), answer)
