"""A sandbox: a service whose clock its clients move, on a database of its own."""

from __future__ import annotations

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.sandbox.actor import ClockActor
from seatkeeper.actors.sandbox.clock import CLOCK_ID, ClockSummary
from seatkeeper.actors.sandbox.commands import StartClock
from seatkeeper.actors.sandbox.events import ClockStarted
from seatkeeper.http.system import SandboxClock
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.queries import Queries


def refuse_other_kind(name: str, first_event: str | None, *, sandbox: bool) -> None:
    """Raise DatabaseRefused if a sandbox made this database and this is none, or the other way round.

    Ask before anything is opened, so that no service is fenced off, and no file migrated, in vain.
    """
    if first_event is None:
        return  # it is new
    made_by_sandbox = first_event == ClockStarted.tag
    if made_by_sandbox and not sandbox:
        message = f"{name} was made by a sandbox, whose clock was moved: serve it with --sandbox"
        raise DatabaseRefused(message)
    if sandbox and not made_by_sandbox:
        message = f"{name} was not made by a sandbox, and its clock is not to be moved: --sandbox needs a new one"
        raise DatabaseRefused(message)


async def begin_sandbox(directory: Directory, queries: Queries, clock: SandboxClock) -> str:
    """Mark a new database as that of a sandbox; return where its clock was left.

    Set it to where the journal ends: a crash in the middle of a move has left the rest of the way to go.
    """
    outcome = await directory.ask(ClockActor, CLOCK_ID, StartClock(CLOCK_ID, clock()))
    if not isinstance(outcome, Accepted) or not isinstance(outcome.value, ClockSummary):
        message = f"the clock of the sandbox was not started: {outcome}"
        raise TypeError(message)
    (last,) = await queries.feed(await queries.last_position() - 1, 1)
    clock.set(last.recorded_at)
    return max(outcome.value.now, last.recorded_at)
