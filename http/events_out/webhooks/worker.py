"""The worker of one webhook: reads the journal, sends what is meant for it, and tries again what failed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from seatkeeper.http.events_out.webhooks import schedule
from seatkeeper.http.events_out.webhooks.backlog import Backlog, Entry
from seatkeeper.http.events_out.webhooks.feed import PAGE, Feed
from seatkeeper.http.events_out.webhooks.message import event_body, traceparent_of
from seatkeeper.http.events_out.webhooks.messenger import Key, Messenger, Sent, keys_of
from seatkeeper.http.events_out.webhooks.recorder import Recorder
from seatkeeper.http.events_out.webhooks.sender import Answer
from seatkeeper.http.events_out.webhooks.target import Target, matcher
from seatkeeper.storage.deliveries import Deliveries

logger = logging.getLogger(__name__)

Reason: TypeAlias = Literal["gone", "retries-exhausted"]

CONCURRENCY = 64
"""Messages of one webhook that are under way at a time, each of another stream."""

TOTAL = 256
"""Requests under way to all endpoints: each webhook has an equal part, so that none takes that of another."""

LEAST = 4
"""Requests under way that each webhook may have in any case."""

READ_AHEAD = 2_000
"""Events that were read and are not delivered, at most, but for the last page."""

MOST_WAITING = 10_000
"""Events that wait after a failure, or behind one; then the worker reads on when some are delivered."""

OUTAGE = 60.0
"""Seconds without a success, after which the next one brings all others forward: the endpoint is back."""

LONGEST_HOLD = 60.0
"""Seconds for which an endpoint that answers 429 or 503 with a Retry-After is left alone, at most."""

GRACE = 2.0
"""Seconds for the requests under way when the worker ends; those that take longer are sent again later."""

AGAIN_AFTER = 5.0
"""Seconds until a journal that could not be read is read again, and a command that failed is sent again."""

GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503


@dataclass(frozen=True)
class Tools:
    """What all workers share."""

    feed: Feed
    store: Deliveries
    messenger: Messenger
    message_id: Callable[[int], str]
    """The id of the message of a position; the same for ever."""
    clock: Callable[[], float]
    """The wall clock, in seconds."""
    random: Callable[[], float]
    disable: Callable[[str, Reason], Awaitable[object]]
    """Disable a webhook, for this reason."""
    workers: Callable[[], int]
    """The number of workers."""
    outcomes: Counter[str] = field(default_factory=Counter)


class Worker:
    """Delivers to one target until it is halted, or until the endpoint is given up."""

    def __init__(self, target: Target, tools: Tools, *, anew: bool) -> None:
        """Begin `anew` after a change of the webhook: what waits is due at once, and has its three days again."""
        self._target = target
        self._tools = tools
        self._anew = anew
        self._matches = matcher(target.types)
        self._keys: list[Key] = []
        self._wake = asyncio.Event()
        self._halted = False
        self._given_up: Reason | None = None
        self._lanes: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._held_until = self._read_from = 0.0
        self._full = False
        self._succeeded_at = tools.clock()
        self.backlog = Backlog(0)

    def halt(self) -> None:
        """Begin no further request; `run` ends soon."""
        self._halted = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until the end."""
        await self._load()
        self._recorder = Recorder(
            self._target.webhook_id,
            self._tools.store,
            self.backlog,
            room=self._wake.set,
            workers=self._tools.workers,
        )
        recording = asyncio.ensure_future(self._recorder.run())
        recording.add_done_callback(self._look_at)
        self._tools.feed.listen(self._wake.set)
        try:
            await self._work()
        finally:
            self._tools.feed.forget(self._wake.set)
            await self._end_lanes()
            self._recorder.close()
            await asyncio.wait({recording})
        if self._failure is not None:
            raise self._failure
        if self._given_up is not None:
            await self._disable(self._given_up)

    async def _load(self) -> None:
        store, webhook_id, now = self._tools.store, self._target.webhook_id, self._tools.clock()
        self.backlog = Backlog(await store.progress(webhook_id))
        entries = [
            Entry(
                row.position,
                row.stream_id,
                attempts=row.attempts,
                first_at=schedule.read_time(row.first_at),
                next_at=schedule.read_time(row.next_at),
            )
            for row in await store.waiting(webhook_id)
        ]
        for entry in entries:
            if self._anew or now >= entry.first_at + schedule.GIVEN_UP_AFTER:
                entry.before, entry.next_at = entry.attempts, now
        self.backlog.restore(entries)
        self._keys = keys_of(await store.secrets(webhook_id))

    async def _work(self) -> None:
        while not self._halted and self._failure is None:
            self._wake.clear()
            more = self._may_read() and await self._read()
            due = self._start_lanes()
            if not more:
                await self._sleep_until(due)

    def _may_read(self) -> bool:
        backlog = self.backlog
        self._full = len(backlog.pending) >= READ_AHEAD or len(backlog.waiting) >= MOST_WAITING
        return not self._full and self._tools.clock() >= self._read_from

    async def _read(self) -> bool:
        """Read a page; return whether there may be more."""
        after = self.backlog.read_to
        try:
            page = await self._tools.feed.page(after)
        except Exception:  # of any kind: the journal may be opened again, or mended
            logger.exception("a webhook cannot read the journal", extra={"webhook_id": self._target.webhook_id})
            self._read_from = self._tools.clock() + AGAIN_AFTER
            return False
        if page:
            wanted = [event for event in page if self._matches(event.type)]
            self.backlog.read(wanted, page[-1].position, self._tools.clock())
            self._recorder.move()
        return len(page) == PAGE

    async def _sleep_until(self, due: float | None) -> None:
        now = self._tools.clock()
        moments = [] if due is None else [due]
        if self._read_from > now:
            moments.append(self._read_from)
        delay = max(0.0, min(moments) - now) if moments else None
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _start_lanes(self) -> float | None:
        """Start what may be sent now; return when to look again, None when nothing has a time."""
        now = self._tools.clock()
        due = self.backlog.move_due(now)
        if now < self._held_until:
            return self._held_until
        room = max(LEAST, min(CONCURRENCY, TOTAL // self._tools.workers())) - len(self._lanes)
        while room > 0 and self.backlog.is_ready and not self._recorder.is_full and not self._halted:
            lane = asyncio.ensure_future(self._run_lane(self.backlog.take()))
            self._lanes.add(lane)
            lane.add_done_callback(self._look_at)
            room -= 1
        return due

    def _look_at(self, task: asyncio.Task[None]) -> None:
        """See whether a task that has ended failed; there is room for another now."""
        self._lanes.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
        self._wake.set()

    async def _run_lane(self, entry: Entry | None) -> None:
        while entry is not None:
            await self._deliver(entry)
            if self._full and len(self.backlog.pending) <= READ_AHEAD // 2:
                self._wake.set()  # there is room for pages: they are read while the others are sent
            if self._halted or self._recorder.is_full or self._held_until > self._tools.clock():
                return
            entry = self.backlog.take()

    async def _deliver(self, entry: Entry) -> None:
        event = entry.event or await self._tools.feed.event(entry.position)
        if not self._matches(event.type):  # it waited, and the types were changed meanwhile
            self.backlog.delivered(entry)
            return
        message_id = self._tools.message_id(entry.position)
        body, traceparent = event_body(event), traceparent_of(event)
        sent = await self._tools.messenger.send(self._target.url, self._keys, message_id, body, traceparent)
        self._settle(entry, sent)

    def _settle(self, entry: Entry, sent: Sent) -> None:
        now = sent.ended
        entry.attempts += 1
        attempt = sent.attempt(entry.position, entry.attempts)
        self._tools.outcomes[attempt.outcome] += 1
        if sent.answer.accepted:
            self.backlog.delivered(entry)
            if now - self._succeeded_at >= OUTAGE and self.backlog.waiting:
                self.backlog.hurry(now)
                self._wake.set()
            self._succeeded_at = now
        else:
            self._retry(entry, now, sent.answer)
        self._recorder.add(attempt)

    def _retry(self, entry: Entry, now: float, answer: Answer) -> None:
        asked = 0.0
        if answer.status in (TOO_MANY, UNAVAILABLE):
            asked = schedule.asked_wait(answer.retry_after, now)
            self._held_until = max(self._held_until, now + min(asked, LONGEST_HOLD))
        if not self.backlog.waiting:
            fields = {"webhook_id": self._target.webhook_id, "status": answer.status, "reason": answer.error}
            logger.warning("a webhook fails", extra=fields)
        failures = entry.attempts - entry.before
        first_at = now if failures == 1 else entry.first_at
        next_at = schedule.next_try(failures, first_at, now, random=self._tools.random, asked=asked)
        if answer.status == GONE or next_at is None:
            self._given_up = "gone" if answer.status == GONE else "retries-exhausted"
            self.halt()
        self.backlog.failed(entry, first_at, now if next_at is None else next_at)
        self._wake.set()

    async def _end_lanes(self) -> None:
        if self._lanes:
            _, late = await asyncio.wait(self._lanes, timeout=GRACE)
            for lane in late:
                lane.cancel()
            if late:
                await asyncio.wait(late)

    async def _disable(self, reason: Reason) -> None:
        fields = {"webhook_id": self._target.webhook_id, "reason": reason}
        logger.warning("a webhook is disabled", extra=fields)
        while True:
            try:
                await self._tools.disable(self._target.webhook_id, reason)
            except Exception:  # of any kind: the webhook is at rest meanwhile
                logger.exception("a webhook could not be disabled", extra=fields)
                await asyncio.sleep(AGAIN_AFTER)
            else:
                return
