"""One connection: aiohttp's end of it, and since when it waits for what; connections.py watches over all of them.

Only this file touches what aiohttp keeps private (`_messages`, `_parser`, `_waiter`, `_handler_waiter`,
`_request_in_progress`, `_close`, `_force_close`, `_max_msg_queue_size`, `_ErrInfo`, the `_buffer` of a body, its two
times of keep-alive, and how it pauses and resumes), because it offers no other way to learn where a connection stands,
and to answer without a task for each request. A test of each fails when a new version changes its meaning.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion10, HttpVersion11, StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import BadHttpMessage, HttpProcessingError, LineTooLong
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from seatkeeper.http.errands import Errand
from seatkeeper.http.problems import EXPECTATION, HEADERS_TOO_LARGE, INCOMPLETE, INTERNAL, MALFORMED, Faulty
from seatkeeper.http.responses import Response

if TYPE_CHECKING:
    from seatkeeper.http.connections import Connections

AHEAD = 256 * 1024
"""Bytes of pipelined requests after which reading stops: 32 of them, which is aiohttp's bound, can be megabytes."""

HEADERS = 64
"""Headers of a request, at most; each may have 8,190 bytes, and so may the address."""

BUFFER = 64 * 1024
"""Bytes of a body that wait for the handler; at twice as many, reading stops until it takes some."""

NEVER = math.inf
"""A time that has not come."""

Parsed: TypeAlias = tuple[RawRequestMessage | _ErrInfo, StreamReader]
"""What the parser found, and its body."""

NO_WRITER = cast("AbstractStreamWriter", None)
"""Of a request that needs none: its body is here, and its answer is written in one piece."""

LINGERING = 2.0
"""Seconds for which the rest of a body that nobody wanted is read, so that the client gets to see its answer."""


async def ask_for_body(request: web.BaseRequest) -> None:
    """Before waiting for a body: send the 100 that the client may wait for; raise Faulty if it expects anything else.

    aiohttp does this only in a web.Application. Without it, curl holds a body of more than 1 MiB back for a second.
    """
    expected = request.headers.get("Expect")
    if expected is None or request.version == HttpVersion10:
        return
    if expected.lower() != "100-continue":
        raise Faulty(EXPECTATION)
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # it is no part of the answer, of which handle_error asks whether it has begun


def _is_spoken(message: RawRequestMessage) -> bool:
    return message.version in (HttpVersion10, HttpVersion11) and message.method != "CONNECT"


def _is_plain(message: RawRequestMessage | _ErrInfo) -> TypeGuard[RawRequestMessage]:
    """Tell of nearly all messages at once that they are spoken here: the parser has one object for HTTP/1.1."""
    return (
        not isinstance(message, _ErrInfo)
        and message.version is HttpVersion11
        and message.method != "CONNECT"
        and not message.upgrade
    )


def _ends_parsing(message: RawRequestMessage) -> bool:
    """Tell whether the parser has dropped what came behind it: so it does unless the upgrade is to a websocket."""
    return bool(message.upgrade) and message.headers.get("Upgrade", "").lower() != "websocket"


class Connection(RequestHandler):
    """aiohttp's end of a connection, and since when it waits for what."""

    __slots__ = (
        "_body",
        "_clock",
        "_house",
        "_parked",
        "_settled",
        "has_said_all",
        "headers_since",
        "unread_since",
    )

    def __init__(self, house: Connections, keep_alive: float) -> None:
        """Wait for nothing yet; keep it open for so many seconds without a request."""
        super().__init__(
            house,
            loop=house.loop,
            keepalive_timeout=keep_alive,
            lingering_time=LINGERING,
            max_headers=HEADERS,
            read_bufsize=BUFFER,
            access_log=None,  # type: ignore[arg-type] # which means none, and is what aiohttp's own runner gives
            auto_decompress=False,  # a body that is encoded is refused, and not by way of a decoder
        )
        self._house = house
        self._clock = house.loop.time
        self._body: StreamReader | None = None
        self._parked: asyncio.Future[None] | None = None
        self._settled = True  # the answer to the last request that came is written, or there was none
        self.has_said_all = False
        self.headers_since = NEVER
        self.unread_since = NEVER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Go on only if there is room."""
        if self._house.admit(self, cast("asyncio.Transport", transport)):  # uvloop's is no subclass
            super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Make room; what its last request still does goes on."""
        self._house.forget(self)
        if self._parked is not None:
            self._parked.cancel()
            self._parked = None
        super().connection_lost(exc)
        self._body = None
        self._loop.call_soon(self._messages.clear)  # aiohttp may be taking one; a body knows its connection: a cycle

    def data_received(self, data: bytes) -> None:
        """Parse; run at once what is all here and alone, and leave the rest to aiohttp's task.

        To it goes what is pipelined, what is no HTTP/1.1, and what comes before that task has begun to wait.
        """
        if self._close or self._force_close:
            return
        messages = self._parse(data)
        if len(messages) == 1 and self._waiter is not None and not self._messages:
            message, payload = messages[0]
            if _is_plain(message) and payload.is_eof() and not self.writing_paused:
                self.headers_since = NEVER
                self._body = None
                self._settled = False
                self._run_errand(message, payload)
                return
        if messages:
            self._take(messages)
        elif self._body is not None:
            if self._body.is_eof():
                self._body = None
        elif data and self.headers_since == NEVER:
            self.headers_since = self._clock()

    def eof_received(self) -> bool:  # type: ignore[override] # as asyncio has it
        """Return True, to stay open, if what came is still to be answered; nothing more will come."""
        self.has_said_all = True
        self._break_off_body()
        if self._messages:
            return True
        self.close()
        return not self._settled

    def _run_errand(self, message: RawRequestMessage, payload: StreamReader) -> None:
        self._parser.message_consumed()  # type: ignore[union-attr]
        self._request_in_progress = True
        self._waiter, self._parked = None, self._waiter  # what comes meanwhile waits its turn
        request = self._house.request(message, payload, self, NO_WRITER, self._task_handler)
        body = b"".join(payload._buffer) if payload.total_bytes else b""  # noqa: SLF001 - to read it takes 5 calls
        Errand(self._house.handler(request, body), partial(self._answered, request)).step()

    def _answered(self, request: web.BaseRequest, response: Response | None) -> None:
        """Send the answer to an errand, and turn to what came meanwhile, as aiohttp's own `start` does."""
        self._request_in_progress = False
        if self._handler_waiter is not None:
            self._handler_waiter.set_result(None)
        self._waiter, self._parked = self._parked, None
        self._settled = not self._messages
        if self._waiter is None:
            return  # the connection was lost
        if response is None:
            response = self._house.problem(INTERNAL)
            response.force_close()
        if self.transport is not None:
            if self.has_said_all:
                self._end_with(response)
            self.transport.write(response.written(request))
        if self._close or self._force_close or not response.keep_alive:
            self.force_close()
            return
        self._next_keepalive_close_time = end = self._clock() + self.keepalive_timeout
        if self._keepalive_handle is None:
            self._keepalive_handle = self._loop.call_at(end, self._process_keepalive)
        if self._messages:
            self._waiter.set_result(None)

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Coroutine[None, None, tuple[web.StreamResponse, bool]]:
        """Send the answer to what ran in a task; nobody reads the body from now on."""
        self._settled = not self._messages
        if self.has_said_all:
            self._end_with(resp)
        return super().finish_response(request, resp, start_time)

    def _end_with(self, response: web.StreamResponse) -> None:
        """Close behind this answer if it is the last one that the client can ask for."""
        if not self._messages:
            response.force_close()

    def _parse(self, data: bytes) -> list[Parsed]:
        """Parse; where a client asks for a websocket, go on with HTTP/1.1.

        aiohttp would do so behind the answer, and hand on what comes then without telling.
        """
        messages: list[Parsed] = []
        upgraded = True
        try:
            while upgraded:
                some, upgraded, data = self._parser.feed_data(data)  # type: ignore[union-attr] # lost is who has none
                if not (messages or upgraded):
                    return some  # as it nearly always is
                messages += some
                if upgraded:
                    self._parser.set_upgraded(False)  # type: ignore[union-attr]
        except HttpProcessingError as error:
            error.__traceback__ = None  # it leads to this connection, which would be a cycle
            self._break_off_body()
            messages.append((_ErrInfo(400, error, error.message), EMPTY_PAYLOAD))
        return messages

    def _take(self, messages: Sequence[Parsed]) -> None:
        """Let these wait for aiohttp's task, and refuse what is not spoken here."""
        self.headers_since = NEVER
        for message, payload in messages:
            if isinstance(message, _ErrInfo) or _is_spoken(message):
                self._messages.append((message, payload))
                self.has_said_all |= not isinstance(message, _ErrInfo) and _ends_parsing(message)
            else:
                error = BadHttpMessage("CONNECT, or a version that is not spoken here")
                self._messages.append((_ErrInfo(400, error, error.message), EMPTY_PAYLOAD))
        last = messages[-1][1]
        self._body = None if last.is_eof() else last
        self._settled = False
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if len(self._messages) > 1 and not self._buffer_paused and self._has_enough():
            self._pause_reading_for_buffer()

    def _resume_reading_if_drained(self) -> None:
        """Read on, as aiohttp would, unless there is still too much to be done first."""
        if self._waiting() <= AHEAD:
            super()._resume_reading_if_drained()

    def _has_enough(self) -> bool:
        return len(self._messages) >= self._max_msg_queue_size or self._waiting() > AHEAD

    def _waiting(self) -> int:
        """Count the bytes of the requests behind the one under way."""
        size = 0
        for message, payload in self._messages:
            size += payload.total_bytes
            if not isinstance(message, _ErrInfo):
                size += sum(len(name) + len(value) for name, value in message.raw_headers)
        return size

    def _break_off_body(self) -> None:
        """Tell whoever reads the body, or is going to, that it will never be complete."""
        body, self._body = self._body, None
        if body is not None and not body.is_eof():
            if not self._settled:
                body.set_exception(Faulty(INCOMPLETE))
            body.feed_eof()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - aiohttp's signature
        """Read on if reading is paused: each body asks for it twice, and parsing nothing again costs 5 us."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        self.unread_since = self._clock()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that it does."""
        self.unread_since = NEVER
        super().resume_writing()

    def idle_since(self) -> float:
        """Return since when no request is here, not even a part of one; infinity if one is."""
        if self._waiter is None or self._messages or self.headers_since != NEVER:
            return NEVER
        return self._next_keepalive_close_time - self.keepalive_timeout

    def give_up(self, answer: bytes) -> None:
        """Answer if no request is under way, and close; one that is under way is answered first."""
        self.headers_since = NEVER
        if self._waiter is None or self._messages or self.transport is None:
            self.close()
            return
        self.transport.write(answer)
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it repeats the input
    ) -> Response:
        """Answer malformed HTTP, and a handler that raised, with a problem; the connection ends with it."""
        self.log_exception("status %s", status, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        fault = INTERNAL
        if isinstance(exc, LineTooLong):
            fault = HEADERS_TOO_LARGE
        elif isinstance(exc, HttpProcessingError):
            fault = MALFORMED
        response = self._house.problem(fault)
        response.force_close()
        return response
