"""The bounds of the service, what has to be at rest when it is idle, and what the keyring has to know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.journal.batching import BatchingJournal
from tests.simulation.disk import LONGEST_QUERY
from tests.simulation.timing import fires
from tests.simulation.webhooks import at_rest, delivering, wait_until_at_rest

if TYPE_CHECKING:
    from tests.simulation.life import Life


class Setup(NamedTuple):
    """How the service of a run is set up; tight bounds are met often."""

    max_live: int
    inbox: int
    waiting: int
    batch: int
    pace: float  # seconds of a commit, in the mean

    @classmethod
    def drawn(cls, random: Random) -> Setup:
        return cls(
            max_live=random.choice([2, 3, 5, 1_000]),
            inbox=random.choice([1, 3, 1_000]),
            waiting=random.choice([2, 8, 10_000]),
            batch=random.choice([1, 2, 500]),
            pace=random.choice([0.0005, 0.002, 0.01]),
        )


def works(keyring: Keyring, key_id: str, now: str) -> bool:
    """Tell whether the keyring lets a key in now."""
    try:
        record = keyring.find(key_id)
    except StorageDown:
        return False
    return record is not None and record.valid_at(now)


def wrong_key(keyring: Keyring, rows: Iterable[tuple[str, str, int, str]]) -> str | None:
    """Name a key that the keyring knows otherwise than these rows: id, status, version, hash of the secret."""
    for key_id, status, version, secret_hash in rows:
        record = None if keyring.stale else keyring.find(key_id)
        known = record and (record.revoked, record.version, record.secrets[0][0].hex())
        if not keyring.stale and known != (status == "revoked", version, secret_hash):
            return f"{key_id} is {status} at version {version}, and the keyring has {known}"
    return None


def overfull(setup: Setup, directory: Directory, journal: BatchingJournal, *, halves: bool) -> str | None:
    """Name a bound that does not hold now.

    A batch that is tried again in `halves` waits beside those that were let in meanwhile.
    """
    live = directory._live.values()
    waiting = sum(other.append is not None for other in journal._queue)
    if len(live) > setup.max_live:
        return f"{len(live)} live actors of {setup.max_live}"
    bound = setup.waiting + (min(setup.waiting, setup.batch) if halves else 0)
    if waiting > bound:
        return f"{waiting} appends wait of {bound}"
    if directory.waiting() > len(directory._loading) * (setup.inbox + 1):
        return f"{directory.waiting()} messages wait in {len(directory._loading)} inboxes of {setup.inbox}"
    return None


async def wait_until_idle(life: Life) -> None:
    """Wait until nothing runs, then check that nothing is left."""
    while _busy(life):  # noqa: ASYNC110 - there is no event to wait for; virtual time costs nothing
        await asyncio.sleep(0.01)
    await asyncio.sleep(2 * LONGEST_QUERY)  # queries that were given up may still run
    await wait_until_at_rest(life.outgoing._deliveries)
    while fires(life.timing) or _queries(life) or _busy(life) or not at_rest(life.outgoing._deliveries):  # noqa: ASYNC110 - as before
        await asyncio.sleep(0.01)
    deliveries = len(life.outgoing._deliveries.known())
    left = {
        "keys under way": len(life.idempotent),
        "activations": len(life.directory._loading),
        "busy actors": sum(not actor.idle for actor in life.directory._live.values()),
        "queries": _queries(life),
        "live actors above the bound": max(0, len(life.directory) - life.setup.max_live),
        "tasks": len(asyncio.all_tasks()) - delivering() - 4,  # this one, and those of the journal, of keys, of timers
        "tasks of webhooks": delivering() - 2 * deliveries,  # a worker and its recorder for each
    }
    life.failures += [f"{count} {what} are left when nothing runs" for what, count in left.items() if count]


def _queries(life: Life) -> int:
    return life.journal.readers.waiting + life.journal.engine.database.loaders.waiting


def _busy(life: Life) -> bool:
    journal = life.journal
    return bool(life.requests or len(journal) or not journal.ready() or life.mount.committing)
