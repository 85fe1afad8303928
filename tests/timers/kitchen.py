"""A kitchen: eggs on a journal in memory, a clock that a test can move, and the scheduler that wakes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from seatkeeper.actors.aggregates.aggregate import CommandOptions, Reply
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted, Command
from seatkeeper.actors.aggregates.timers import Scheduler, Timer
from seatkeeper.storage.memory.journal import MemoryJournal
from seatkeeper.storage.projections.view import Deleted, Row
from tests.simulation.clock import written
from tests.timers.eggs import ALARMS, EGG_KINDS, AlarmRow, EggActor, PutEgg, Ring, SetAlarm


class Kitchen:
    """Eggs, and who watches over them."""

    def __init__(self, *, a_second: int = 1_000_000, max_live: int = 1_000) -> None:
        self.moved = 0.0
        self.journal = MemoryJournal(now=self.now, kinds=EGG_KINDS)
        self.directory = Directory(self.journal, now=self.now, max_live=max_live)
        self.asked: list[str] = []
        self.answers = True
        self.reads = 0
        self.unreadable: Exception | None = None
        self.scheduler = self.new_scheduler(a_second=a_second)

    def new_scheduler(self, *, a_second: int = 1_000_000, owns: Callable[[str], bool] = lambda _: True) -> Scheduler:
        """One more scheduler, which hears of what is stored."""
        scheduler = Scheduler(self.directory, EggActor, self, owns=owns, finish=self.finish, a_second=a_second)

        def stored(row: Row | Deleted) -> None:
            if not isinstance(row, Deleted):
                scheduler.stored(timer_of(row))

        self.journal.watch(ALARMS, stored)
        return scheduler

    def now(self) -> str:
        """The wall clock."""
        return written(asyncio.get_running_loop().time() + self.moved)

    def at(self, seconds: float) -> str:
        """A time so many seconds from now."""
        return written(asyncio.get_running_loop().time() + self.moved + seconds)

    async def timers_after(self, after: Timer | None, limit: int) -> Sequence[Timer]:
        """List what is stored, as the storage does."""
        await asyncio.sleep(0)
        self.reads += 1
        if self.unreadable is not None:
            raise self.unreadable
        return [timer for timer in self.stored() if after is None or timer > after][:limit]

    async def timers_due(self, now: str) -> int:
        """Count what is due."""
        return sum(timer.due_at <= now for timer in self.stored())

    def stored(self) -> Sequence[Timer]:
        """All timers that are stored."""
        return sorted(map(timer_of, self.journal.queries.tables.get(ALARMS, {}).values()))

    async def finish(self, egg_id: str) -> None:
        """Ask whoever is needed for an alarm that `asks`, and ring it."""
        self.asked.append(egg_id)
        if self.answers:
            due = self.stored()[0]
            await self.directory.ask(EggActor, egg_id, Ring(due.subject, self.now()))

    async def put(self, egg_id: str, *alarms: SetAlarm) -> None:
        """Put an egg on the stove, with these alarms."""
        await self.do(egg_id, PutEgg(egg_id))
        for alarm in alarms:
            await self.do(egg_id, alarm)

    def ask(self, egg_id: str, command: Command) -> Reply:
        """Send a command to an egg."""
        return self.directory.ask(EggActor, egg_id, command, CommandOptions())

    async def do(self, egg_id: str, command: Command) -> Sequence[str]:
        """Send a command that is accepted; its answer is what has rung so far."""
        outcome = await self.ask(egg_id, command)
        assert isinstance(outcome, Accepted)
        assert isinstance(outcome.value, list)
        return outcome.value

    def rung(self) -> Sequence[str]:
        """The ids of the eggs for which something has rung, in the order of the journal."""
        return [row.stream_id.removeprefix("egg-") for row in self.journal.queries.events if row.type == "alarm.rang"]

    @asynccontextmanager
    async def watching(self, scheduler: Scheduler | None = None) -> AsyncIterator[None]:
        """Let a scheduler run meanwhile."""
        scheduler = scheduler or self.scheduler
        running = asyncio.get_running_loop().create_task(scheduler.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})
            await scheduler.stop()

    async def watched(self, seconds: float) -> None:
        """Let the scheduler run for so long."""
        async with self.watching():
            await asyncio.sleep(seconds)


def timer_of(row: Row) -> Timer:
    """The timer of a row of the view."""
    egg_id, alarm_id, kind, due_at = AlarmRow(*row)  # type: ignore[arg-type] # a row of the view
    return Timer(due_at, egg_id, kind, alarm_id)
