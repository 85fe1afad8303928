"""What happens by itself, put together: the scheduler, who asks plans for it, and what it follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.values import AccountId
from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import TIMER, Context, Refusal
from seatkeeper.actors.aggregates.timers import Scheduler, TimerLeft
from seatkeeper.actors.processes.change_plan import ApplyDueChange, ChangePlanCoordinator
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.storage.observers import Observed
from seatkeeper.storage.projections.timers import TIMERS, TimerRow, timer_of
from seatkeeper.storage.projections.view import Deleted, Row
from seatkeeper.storage.queries import Queries


class Timing:
    """Fires the timers of the accounts of a directory; it starts after the journal and is stopped before it."""

    def __init__(  # noqa: PLR0913 - each is a part of the service
        self,
        directory: Directory,
        journal: Observed,
        queries: Queries,
        *,
        new_id: Callable[[], str],
        a_second: int,
        owns: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Make the parts: accounts that `owns` allows are woken, so many a second at most."""
        self._directory = directory
        self._journal = journal
        self._queries = queries
        self._new_id = new_id
        self._scheduler = Scheduler(
            directory, AccountActor, queries, owns=owns, finish=self._ask_plan, a_second=a_second
        )

    def start(self, door: Door) -> None:
        """Begin; plans are reached through this door."""
        self._journal.watch(TIMERS, self._changed)
        self._journal.on_reopened(self._scheduler.look_again)
        self._coordinator = ChangePlanCoordinator.start(door)
        self._running = asyncio.get_running_loop().create_task(self._scheduler.run())

    def _changed(self, row: Row | Deleted) -> None:
        if not isinstance(row, Deleted):
            self._scheduler.stored(timer_of(TimerRow(*row)))  # type: ignore[arg-type] # a row of the view

    async def _ask_plan(self, account_id: str) -> None:
        """Have the plan asked for what is due first of an account; raise TimerLeft if the account refuses."""
        row, now = await self._queries.first_timer(account_id), self._directory.now()
        if row is None or row.due_at > now:
            return  # it was done meanwhile
        if row.plan_id is None or row.kind not in {"plan-changes", "trial-ends"}:
            message = f"nobody is asked for {row.kind}"
            raise TimerLeft(message)
        message_to = ApplyDueChange(
            account_id=AccountId(account_id),
            kind="plan-changes" if row.kind == "plan-changes" else "trial-ends",
            timer_id=row.timer_id,
            plan_id=PlanId(row.plan_id),
            at=now,
            options=CommandOptions(context=Context(TIMER, self._new_id())),
        )
        outcome = await cast("Inbox", self._coordinator.actor_inbox).ask(message_to)
        if isinstance(outcome, Refusal):
            raise TimerLeft(str(outcome))

    async def move_clock(self, end: str, move: Callable[[str], None]) -> None:
        """Move the clock of a sandbox on to this time, over each time at which something is due."""
        await self._scheduler.run_until(end, move)

    async def stop(self) -> None:
        """End, when what is under way has."""
        self._running.cancel()
        await asyncio.wait({self._running})
        await self._scheduler.stop()
        await self._coordinator.stop(block=False)

    def show(self, metrics: Metrics) -> None:
        """Show how the timers are doing."""
        scheduler, gauge, counter = self._scheduler, metrics.gauge, metrics.counter
        gauge("seatkeeper_timers_due", "Timers that were due at the last look.", lambda: scheduler.due)
        gauge("seatkeeper_timers_late_seconds", "For how long the oldest has been due.", scheduler.late_by)
        counter("seatkeeper_timers_fired", "Timers that have changed something.", lambda: self._directory.fired)
        counter("seatkeeper_timers_failed", "Tries to fire one that have failed.", lambda: scheduler.failed)
