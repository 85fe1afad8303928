"""The event stream: server-sent events, across cuts of the connection."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import aiohttp
import msgspec

from seatkeeper.http.client.calls import Call, ReadOptions, Subscription
from seatkeeper.http.client.errors import NoAnswer, Problem, UnexpectedAnswer
from seatkeeper.http.client.sending.connection import HOPELESS, LOST, Connection, back_off, headers_of, may_pass
from seatkeeper.http.client.sending.replies import Reply
from seatkeeper.http.client.structs.answers import Event, Feed
from seatkeeper.http.client.verbs import get, path

QUIET = 45.0
"""Seconds without a byte after which the connection is taken for dead: the service sends a comment every 15."""

PATIENCE = 300.0
"""Seconds without a connection after which it gives up, unless the call says otherwise."""

LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes of one event, at most."""

_END = 2**63 - 1

_decode = msgspec.json.Decoder(Event).decode


@dataclass
class _Place:
    """How far it has come, in which journal, and how long the service wants it to wait before it comes back."""

    position: int
    journal_id: str | None = None
    wait: float = 0.0


async def follow(connection: Connection, subscription: Subscription) -> AsyncGenerator[Event, None]:
    """Yield the events after a position and then those that come, each once, whatever happens to the connection.

    Raise Problem for what does not pass, such as JournalReplaced, and NoAnswer where the service stays away.
    """
    options = subscription.options
    patience = options.get("deadline", PATIENCE)
    after = subscription.after
    known = subscription.journal_id
    place = _Place(
        after if isinstance(after, int) else await _end(connection, options), known if isinstance(known, str) else None
    )
    waits, gives_up = back_off(), math.inf
    while True:
        failure: Problem | NoAnswer = NoAnswer("the stream was cut again and again", None)
        try:
            async with aclosing(_frames(connection, _call(subscription, place), place)) as frames:
                async for frame in frames:
                    waits, gives_up = back_off(), math.inf
                    event = _read(frame, place)
                    if event is not None:
                        yield event
        except HOPELESS as error:
            raise NoAnswer(f"the event stream: {error}", None) from error
        except LOST as error:
            failure = NoAnswer(f"the event stream: {str(error) or type(error).__name__}", None)
            failure.__cause__ = error
        except Problem as problem:
            if not may_pass(problem):
                raise
            failure = problem
        asked = failure.retry_after if isinstance(failure, Problem) else None
        wait = max(next(waits), asked or place.wait)
        gives_up = min(gives_up, time.monotonic() + patience)
        if time.monotonic() + wait >= gives_up:
            raise failure
        await asyncio.sleep(wait)


async def _end(connection: Connection, options: ReadOptions) -> int:
    """Find where the journal ends: a stream that begins there is not cut before it has said where it is."""
    query = {"after": _END, "limit": 1}
    return (await connection.send(get(path("events"), Feed, options, query))).value.last_position


def _call(subscription: Subscription, place: _Place) -> Call[str]:
    query = {**subscription.query, "after": place.position}
    if place.journal_id is not None:
        query["journal_id"] = place.journal_id  # a service with another journal says so
    return get(path("events", "stream"), str, subscription.options, query)


async def _frames(connection: Connection, call: Call[str], place: _Place) -> AsyncGenerator[bytes, None]:
    """Yield the frames of one connection; raise Problem, or what aiohttp raises."""
    headers = {**headers_of(call, None), "Accept": "text/event-stream"}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=QUIET, sock_read=QUIET)
    asking = connection.session.get(connection.url(call), headers=headers, timeout=timeout, allow_redirects=False)
    async with asking as response:
        if response.status != 200:  # noqa: PLR2004 - OK
            raise Reply(response.status, response.headers, await response.read()).problem(None)
        if response.content_type != "text/event-stream":  # read on, it would be a stream without any event, for ever
            raise UnexpectedAnswer(f"GET {call.path}: no event stream, but {response.content_type}")
        place.journal_id = response.headers.get("Seatkeeper-Journal", place.journal_id)
        buffer = b""
        async for chunk in response.content.iter_any():
            *frames, buffer = (buffer + chunk).split(b"\n\n")
            for frame in frames:
                yield frame
            if len(buffer) > LARGEST_FRAME:
                raise UnexpectedAnswer(f"an event of more than {LARGEST_FRAME} bytes")


def _read(frame: bytes, place: _Place) -> Event | None:
    """Read a frame, and keep how far it leads; comments have no event. Raise UnexpectedAnswer."""
    try:
        return _event(frame, place)
    except (msgspec.DecodeError, ValueError) as error:
        raise UnexpectedAnswer(f"the event is not one of this release: {error}") from error


def _event(frame: bytes, place: _Place) -> Event | None:
    event: Event | None = None
    for line in frame.split(b"\n"):
        name, _, value = line.partition(b": ")
        if name == b"id":
            place.position = int(value)
        elif name == b"retry":
            place.wait = int(value) / 1000
        elif name == b"data":
            event = _decode(value)
    return event
