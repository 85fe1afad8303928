"""A process that is killed at each of its steps: it opens an account on trial, and has the trial end.

`python -m tests.timers.crashing FILE` goes on where the last one was killed, and ends when all of it has happened.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.commands import OpenAccount
from seatkeeper.actors.accounts.profile.refusals import AccountExists
from seatkeeper.actors.accounts.values import AccountId, MemberId, PlanId, Terms, TrialTerms
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.http.system import SandboxClock
from seatkeeper.http.timing import Timing
from seatkeeper.storage.engines import storage_in
from tests.accounts.past import ADA, AT, ENGINES

END = "2026-12-06T18:12:00.000Z"
DEADLINE = 20.0


def opening() -> OpenAccount:
    """The command that asks for a timer."""
    terms = Terms(PlanId("team"), 1, 2, 3)
    trial = TrialTerms(END, "suspend")
    return OpenAccount(AccountId(ENGINES), "Engines", terms, "EUR", MemberId(ADA), "Ada", None, AT, trial=trial)


async def run(database: Path) -> None:
    """Have the account opened and its trial ended, each unless that has happened."""
    clock, numbers = SandboxClock(), itertools.count()
    clock.set(AT)
    storage = storage_in(str(database), now=clock, on_outcome_unknown=lambda: None)
    directory = Directory(storage.journal, now=clock)
    timing = Timing(directory, storage.journal, storage.queries, new_id=lambda: f"id{next(numbers)}", a_second=1_000)
    async with asyncio.timeout(DEADLINE):
        await storage.journal.open()
        timing.start(directory)
        opened = await directory.ask(AccountActor, ENGINES, opening())
        assert not isinstance(opened, Refusal) or isinstance(opened, AccountExists)
        clock.move(END)
        while await storage.queries.timers_after(None, 1):  # noqa: ASYNC110 - the storage tells no event
            await asyncio.sleep(0.01)
        await timing.stop()
        await storage.journal.close()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
