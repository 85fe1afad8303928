"""Several processes in one thread: a loop for each, one clock for all, and what is on its way between them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Collection, Coroutine, Sequence
from random import Random

from tests.simulation.clock import Stuck, VirtualLoop, WallClock

MOST_TURNS = 3_000_000
"""Turns of all loops after which a run counts as one that never ends."""

TICK = 1e-9

NEVER = float("inf")


class ProcessLoop(VirtualLoop):
    """The loop of a process: it runs one turn when it is told to, by the clock of all."""

    _ready: Collection[asyncio.Handle]
    _scheduled: Sequence[asyncio.TimerHandle]

    def __init__(self, clock: Callable[[], float], pass_time: Callable[[float], None]) -> None:
        super().__init__(0.0)
        self._clock = clock
        self._pass_time = pass_time

    def time(self) -> float:
        return self._clock()

    def due(self) -> float:
        """Tell when there is something to do."""
        if self._ready:
            return 0.0
        return self._scheduled[0].when() if self._scheduled else NEVER

    def select(self, timeout: float | None) -> Sequence[object]:
        """Replace the selector: where there is nothing to do now, it is the turn of others."""
        if timeout is not None and 0 < timeout <= TICK:  # it runs now, and must not find that it is not yet then
            self._pass_time(timeout)
        if timeout != 0:
            self.stop()
        return ()


class Process:
    """A process. A frozen one goes on later, as after a SIGSTOP; a dead one never does anything again."""

    def __init__(self, conductor: Conductor, name: str) -> None:
        self.conductor = conductor
        self.name = name
        self.random = Random(f"{conductor.seed} {name}")
        self.loop = ProcessLoop(lambda: conductor.now, conductor.pass_time)
        self.loop.set_exception_handler(self._note_failure)
        self.dead = self.frozen = False
        self._clock = self.random.choice([0.0, 0.0, 2.0, -2.0])
        self._ids = 0
        self._stamp = self.random.randrange(16**8)
        conductor.processes.append(self)

    def _note_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        if not self.dead:
            self.conductor.failures.append(f"{self.name}: {context.get('message')}: {context.get('exception')!r}")

    def now(self) -> str:
        """Tell the time by the clock of this machine."""
        return self.conductor.clock.tell(self.loop.time() + self._clock)

    def new_id(self) -> str:
        """Make an id that no other process makes."""
        self._ids += 1
        return f"01ab0000-{self._ids:04x}-7000-8000-0000{self._stamp:08x}"

    def hear(self, function: Callable[..., object], *arguments: object) -> None:
        """Have something called that has come from outside."""
        if not self.dead:
            self.loop.call_soon(function, *arguments)

    def watched(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something; what it raises ends the run."""
        task = self.loop.create_task(work)
        task.add_done_callback(self.conductor.look_at)
        return task

    def kill(self) -> None:
        """End with this step, for good."""
        if not self.dead:
            self.dead = True
            self.loop.stop()
            self.conductor.died(self)

    def freeze(self) -> None:
        """Stop after this step."""
        self.frozen = True
        self.loop.stop()

    def bury(self) -> None:
        """Cancel all tasks; what they still do has no effect, because nothing takes it any more."""
        self.dead = True
        self.loop.end()


class Conductor:
    """Lets the processes take turns in an order that the seed decides, and time pass when none has anything to do."""

    def __init__(self, seed: str, clock: WallClock) -> None:
        self.seed = seed
        self.clock = clock
        self.now = 0.0
        self.processes: list[Process] = []
        self.current: Process | None = None
        self.failures: list[str] = []
        self.broken: Exception | None = None
        self.on_death: Callable[[Process], None] = lambda _process: None
        self._random = Random(f"{seed} turns")
        self._coming: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._deaths: list[Process] = []

    def __len__(self) -> int:
        """Count what is on its way."""
        return len(self._coming)

    def pass_time(self, seconds: float) -> None:
        """Let a moment pass."""
        self.now += seconds

    def later(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen outside of all processes."""
        heapq.heappush(self._coming, (self.now + seconds, next(self._numbers), happen))

    def look_at(self, task: asyncio.Task[None]) -> None:
        """Remember what a task has raised: it ends the run."""
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.broken = self.broken or error

    def died(self, process: Process) -> None:
        """Note the end of a process, perhaps within its own step."""
        self._deaths.append(process)

    def run(self, until: Callable[[], bool]) -> None:
        """Run all processes until this is so, or until a watched task has raised an error, which is raised."""
        for _ in range(MOST_TURNS):
            if self.broken is not None:
                raise self.broken
            if until():
                return
            self._step()
            while self._deaths:
                self._end(self._deaths.pop(0))
        raise Stuck("it never ends")

    def _step(self) -> None:
        """Let a process that has something to do go on until it waits, or let time pass."""
        first = self._coming[0][0] if self._coming else NEVER
        awake = []
        for process in self.processes:
            due = NEVER if process.frozen else process.loop.due()
            if due <= self.now + TICK:
                awake.append(process)
            first = min(first, due)
        if awake:
            self.current = self._random.choice(awake)
            self.current.loop.run_forever()
            return
        if first == NEVER:
            raise Stuck("all tasks wait for each other")
        self.now = max(self.now, first)
        while self._coming and self._coming[0][0] <= self.now:
            heapq.heappop(self._coming)[2]()

    def _end(self, process: Process) -> None:
        self.processes.remove(process)
        process.bury()
        self.on_death(process)

    def end(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.bury()
        self.processes.clear()
