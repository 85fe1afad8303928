"""Timers: the scheduler that wakes the aggregates of which something is due, the oldest first, late rather than never.

A timer is a row that is stored with the event that asks for it, and removed with the one that ends it. What is due the
aggregate decides itself, on its state; so a timer may fire twice, and has one effect.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, Protocol

from seatkeeper.actors.aggregates.aggregate import AnyAggregate
from seatkeeper.actors.aggregates.backing_off import BackingOff
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted

logger = logging.getLogger(__name__)

PAGE = 100
"""Timers that are read at once."""

STEP = 10
"""Timers that are read at once where the clock is moved from one to the next."""

UNDER_WAY = 32
"""Aggregates that are woken at the same time, at most: fewer than the directory skips to find an idle one."""

A_SECOND = 500
"""Aggregates that are woken in a second, at most: what a service does not notice that serves ten times as many."""

TICK = 0.01
"""Seconds by which the scheduler may be ahead of that rate, so that it does not sleep for less."""

REST, LONGEST_REST = 2.0, 0.25
"""Where the loop has no time for it, the scheduler comes too late; it then rests for twice as many seconds, so that
clients come first, but no longer than this, so that it goes on."""

EVERY = 1.0
"""Seconds after which it looks again, whatever the clock has done meanwhile."""

FROM_THE_START = 60.0
"""Seconds after which it begins with the earliest timer again, for whatever it may have missed."""

DEADLINE = 30.0
"""Seconds for an aggregate to do what is due."""

GRACE = 5.0
"""Seconds for what is under way at the end."""

TRIES = 3
"""Tries of a timer that the clock of a sandbox waits for."""


class Timer(NamedTuple):
    """What happens to an aggregate, and to what of it; the scheduler takes timers in this order."""

    due_at: str
    aggregate_id: str
    kind: str = ""
    subject: str = ""


class StoredTimers(Protocol):
    """The timers that are stored, in the order of their times."""

    async def timers_after(self, after: Timer | None, limit: int) -> Sequence[Timer]:
        """List the first ones after this one, due or not."""

    async def timers_due(self, now: str) -> int:
        """Count those that are due."""


class TimerLeft(Exception):
    """A timer is due, and nothing was done about it."""


class Scheduler:
    """Wakes the aggregates of a kind whose timers are due.

    It remembers how far it is in the order of the timers: those before are done, under way, or tried again after a
    pause. What is stored further back meanwhile sets it back.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the service
        self,
        directory: Directory,
        actor: type[AnyAggregate],
        stored: StoredTimers,
        *,
        owns: Callable[[str], bool] = lambda _: True,
        finish: Callable[[str], Awaitable[object]] | None = None,
        a_second: int = A_SECOND,
    ) -> None:
        """Wake aggregates of this kind that `owns` allows.

        `finish` is awaited with the id of one that needs others for what is due.
        """
        self._directory = directory
        self._actor = actor
        self._stored = stored
        self._owns = owns
        self._finish = finish
        self._pause = 1.0 / a_second
        self._after: Timer | None = None
        self._earlier: Timer | None = None
        self._next: str | None = None
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._backing_off = BackingOff()
        self._looking = asyncio.Lock()
        self._wake = asyncio.Event()
        self._free_at = self._restart_at = self._count_at = 0.0
        self._late_since: str | None = None
        self._down = self._stopped = False
        self.failed = 0
        """Aggregates that were woken and failed, each try."""
        self.due = 0
        """Timers that were due when they were last counted."""

    async def run(self) -> None:
        """Wake what is due until this is cancelled."""
        self._restart_at, self._stopped = 0.0, False
        while True:
            try:
                async with self._looking:
                    await self._look(self._pause, PAGE)
                self._down = False
                await self._rest()
            except Exception as error:  # noqa: BLE001 - of any kind: storage that fails now may answer at the next look
                if not self._down:
                    logger.warning("timers wait for the storage", extra={"reason": repr(error)})
                self._down = True
                await asyncio.sleep(EVERY)

    async def stop(self) -> None:
        """Let what is under way come to an end, after `run` was cancelled."""
        self._stopped = True
        if self._under_way:
            _, late = await asyncio.wait(list(self._under_way.values()), timeout=GRACE)
            for task in late:
                task.cancel()

    def stored(self, timer: Timer) -> None:
        """Learn of a timer that was stored."""
        if self._after is not None and timer <= self._after and (self._earlier is None or timer < self._earlier):
            self._earlier = timer
        if self._next is None or timer.due_at < self._next:
            self._next = timer.due_at
            self._wake.set()

    async def look_again(self) -> None:
        """Begin with the earliest timer at the next look, as what was stored meanwhile may not have been told."""
        self._restart_at = 0.0
        self._backing_off.forget_all()
        self._wake.set()

    async def run_until(self, end: str, move: Callable[[str], None]) -> None:
        """Move the clock on to this time, over each time at which something is due, once all before it is done.

        Raise OutcomeUnknown if the service stops meanwhile: the clock is to be moved, and what is due will be done.
        """
        async with self._looking:
            await self.look_again()
            while True:
                if self._stopped:
                    message = "the service stops, and will do the rest when it is started again"
                    raise OutcomeUnknown(message)
                await self._look(0.0, STEP)
                while self._under_way:
                    await asyncio.wait(list(self._under_way.values()))
                if self._earlier is not None:
                    continue
                if (at := self._backing_off.next_try(TRIES)) is not None:
                    await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
                elif self._next is None or self._next > end:
                    break
                else:
                    move(self._next)
            move(end)

    def late_by(self) -> int:
        """Return for how many seconds the oldest timer has been due that is not done, 0 if none is."""
        since = [due_at for due_at in (self._late_since, self._backing_off.oldest()) if due_at is not None]
        try:
            return int(max(0.0, seconds_between(min(since), self._directory.now()))) if since else 0
        except ValueError:  # the stored time is damaged, and shows up as a failure
            return 0

    async def _look(self, pause: float, size: int) -> None:
        """Wake all that is due, with so many seconds between two of them, and note when the next timer is due.

        So many timers are read at once.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= self._restart_at:
            self._after, self._restart_at = None, loop.time() + FROM_THE_START
        while True:
            self._directory.journal.check_capacity()
            for timer in self._backing_off.take_due(loop.time()):
                await self._begin(timer, pause)
            self._step_back()
            self._next = None
            page = await self._stored.timers_after(self._after, size)
            if not (await self._wake_page(page, pause, size) or self._earlier is not None):
                self._late_since, self.due = None, len(self._backing_off)
                return

    def _step_back(self) -> None:
        """Go back to the earliest timer that was stored meanwhile and lies behind."""
        earlier, self._earlier = self._earlier, None
        if earlier is not None and self._after is not None and earlier <= self._after:
            self._after = Timer(earlier.due_at, "")

    async def _wake_page(self, page: Sequence[Timer], pause: float, size: int) -> bool:
        """Wake what is due of a page of this size; return whether more may follow."""
        woken: dict[str, str] = {}
        for timer in page:
            now = self._directory.now()
            if timer.due_at > now:
                self._next = timer.due_at if self._next is None else min(self._next, timer.due_at)
                return False
            self._late_since = timer.due_at
            self._after = timer
            if self._owns(timer.aggregate_id) and woken.get(timer.aggregate_id, "") < timer.due_at:
                woken[timer.aggregate_id] = now
                await self._count()
                await self._begin(timer, pause)
            if self._earlier is not None:
                return True
        return len(page) == size

    async def _count(self) -> None:
        """Count what is due, once a second."""
        now = asyncio.get_running_loop().time()
        if now >= self._count_at:
            self._count_at = now + EVERY
            self.due = await self._stored.timers_due(self._directory.now())

    async def _begin(self, timer: Timer, pause: float) -> None:
        """Begin to wake an aggregate, when there is room for it; not one that is being woken, or waits for a retry."""
        if timer.aggregate_id in self._under_way or timer.aggregate_id in self._backing_off:
            return
        await self._keep_to(pause)
        while len(self._under_way) >= UNDER_WAY:
            await asyncio.wait(list(self._under_way.values()), return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.get_running_loop().create_task(self._fire(timer))
        self._under_way[timer.aggregate_id] = task
        task.add_done_callback(lambda _: self._under_way.pop(timer.aggregate_id))

    async def _keep_to(self, pause: float) -> None:
        """Wait for so many seconds since the last aggregate was woken, and longer while the loop is busy."""
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time()) + pause
        if self._free_at - loop.time() > TICK:
            await asyncio.sleep(self._free_at - loop.time())
            late = loop.time() - self._free_at
            if late > 0.0:
                await asyncio.sleep(min(REST * late, LONGEST_REST))

    async def _fire(self, timer: Timer) -> None:
        """Have the aggregate of a timer do what is due; if that fails, it is tried again, and holds up no other."""
        try:
            async with asyncio.timeout(DEADLINE):
                left = await self._wake_until_done(timer.aggregate_id)
        except Exception as error:  # noqa: BLE001 - of any kind
            self.failed += 1
            again = self._backing_off.add(timer, asyncio.get_running_loop().time())
            fields = {"aggregate_id": timer.aggregate_id, "timer": timer.kind, "due_at": timer.due_at}
            logger.warning("a timer was not fired", extra={**fields, "reason": repr(error), "again_in": again})
            return
        self._backing_off.succeeded(timer.aggregate_id)
        if left is not None:
            self.stored(Timer(left, timer.aggregate_id))

    async def _wake_until_done(self, aggregate_id: str) -> str | None:
        """Wake an aggregate, and have others asked that it needs; return when its next timer is due."""
        version = -1
        while True:
            woken = await self._directory.wake(self._actor, aggregate_id)
            if not isinstance(woken, Accepted) or woken.version == 0:
                message = f"there is no {self._actor.kind} {aggregate_id}"
                raise TimerLeft(message)
            left = woken.value if isinstance(woken.value, str) else None
            if left is None or left > self._directory.now():
                return left
            if woken.version == version or self._finish is None:
                message = f"what was due at {left} has not been done"
                raise TimerLeft(message)
            version = woken.version
            await self._finish(aggregate_id)

    async def _rest(self) -> None:
        """Wait until the next timer is due, until an earlier one is stored, and at most for a second."""
        loop = asyncio.get_running_loop()
        end = loop.time() + EVERY
        while (seconds := min(end - loop.time(), self._until_next())) > 0:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    def _until_next(self) -> float:
        if self._earlier is not None:
            return 0.0
        return EVERY if self._next is None else seconds_between(self._directory.now(), self._next)


def seconds_between(first: str, second: str) -> float:
    """Return the seconds from one time to another."""
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
