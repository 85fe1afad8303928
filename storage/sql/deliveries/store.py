"""The tables of the deliveries, as far as the engines with tables share them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from seatkeeper.storage.deliveries import (
    ALL_IDS,
    DAYS_KEPT,
    Attempt,
    Delivery,
    Failure,
    Health,
    Secret,
    Status,
    Waiting,
)
from seatkeeper.storage.records import to_json
from seatkeeper.storage.sql.deliveries import statements
from seatkeeper.storage.sql.deliveries.statements import Lists
from seatkeeper.storage.sql.pieces import Row, Sql, Value

_SECRETS = """
SELECT secret, CASE WHEN webhook_secrets.secret_id = webhooks.secret_id THEN NULL ELSE earlier_until END
FROM webhooks JOIN webhook_secrets USING (webhook_id)
WHERE webhook_id = ? AND webhook_secrets.secret_id IN (webhooks.secret_id, webhooks.earlier_id)
ORDER BY webhook_secrets.secret_id = webhooks.secret_id DESC
"""
_PROGRESS = """
SELECT position FROM webhook_progress JOIN webhooks USING (webhook_id)
WHERE webhook_id = ? AND webhook_progress.replays = webhooks.replays
"""
_WAITING = """
SELECT position, stream_id, attempts, first_at, next_at FROM webhook_waiting WHERE webhook_id = ? ORDER BY position
"""
_DELIVERIES = """
WITH waiting AS (
    SELECT position, next_at FROM webhook_waiting WHERE webhook_id = ? AND position < ?
), attempted AS (
    SELECT max(number) AS number FROM webhook_attempts WHERE webhook_id = ? AND position < ? GROUP BY position
), known AS (
    SELECT position, 'waiting' AS status, next_at FROM waiting
    UNION ALL SELECT position, outcome, NULL FROM attempted JOIN webhook_attempts USING (number)
    WHERE webhook_id = ? AND position NOT IN (SELECT position FROM waiting)
)
SELECT position, status, next_at FROM known WHERE CAST(? AS TEXT) IS NULL OR status = ? ORDER BY position DESC LIMIT ?
"""
_ATTEMPTS = """
SELECT position, message_id, attempt, at, milliseconds, status, error, outcome FROM webhook_attempts
WHERE webhook_id = ? AND position IN (SELECT CAST(value AS BIGINT) FROM {listed}) ORDER BY position, number
"""
_HEALTH = """
SELECT webhooks.webhook_id, CASE WHEN progress.replays = webhooks.replays THEN progress.position ELSE after END,
    EXISTS (SELECT * FROM webhook_waiting AS one WHERE one.webhook_id = webhooks.webhook_id AND attempts > 0),
    failure.at, failure.status, failure.error
FROM webhooks LEFT JOIN webhook_progress AS progress ON progress.webhook_id = webhooks.webhook_id
    LEFT JOIN webhook_attempts AS failure ON failure.webhook_id = webhooks.webhook_id AND failure.number =
        (SELECT max(number) FROM webhook_attempts AS one
            WHERE one.webhook_id = webhooks.webhook_id AND outcome = 'failed')
WHERE webhooks.webhook_id IN (SELECT value FROM {listed})
"""

LAST = 2**63 - 1


class SqlDeliveries(ABC):
    """The tables of the deliveries; an engine adds how it runs SQL, and how it makes rows of a list."""

    lists: Lists

    def __init__(self, now: Callable[[], str]) -> None:
        """Let attempts grow old by this clock."""
        self._now = now

    @abstractmethod
    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run a query with the values of its marks; raise TooManyQueries, QueryTooSlow or StorageDown."""

    @abstractmethod
    async def _write(self, statements: Sequence[Sql]) -> None:
        """Run statements in one transaction; raise NotStored or OutcomeUnknown."""

    async def clean(self, before: str = ALL_IDS) -> None:
        """Remove what no living webhook names, secrets only if their id is before this one."""
        await self._write(statements.clean(before))

    async def add_secret(self, webhook_id: str, secret_id: str, secret: str) -> None:
        """Store a secret; it signs as soon as an event of the webhook names it."""
        await self._write(statements.add_secret(webhook_id, secret_id, secret))

    async def remove_secret(self, webhook_id: str, secret_id: str) -> None:
        """Remove a secret that no event names."""
        await self._write(statements.remove_secret(webhook_id, secret_id))

    async def remove(self, webhook_id: str) -> None:
        """Remove all that is stored of a webhook that was deleted."""
        await self._write(statements.remove(webhook_id))

    async def secrets(self, webhook_id: str) -> list[Secret]:
        """List the secrets that sign, the newest first; that of before may have ended (`valid_until`)."""
        return [Secret(*row) for row in await self._fetch(_SECRETS, webhook_id)]  # type: ignore[arg-type]

    async def progress(self, webhook_id: str) -> int:
        """Return the position to go on after, taking in where the webhook says that its deliveries begin."""
        found = await self._fetch(_PROGRESS, webhook_id)
        if not found:
            await self._write(statements.begin(webhook_id))
            found = await self._fetch(_PROGRESS, webhook_id)
        return cast("int", found[0][0]) if found else 0

    async def waiting(self, webhook_id: str) -> list[Waiting]:
        """List what waits, in the order of the journal."""
        return [Waiting(*row) for row in await self._fetch(_WAITING, webhook_id)]  # type: ignore[arg-type]

    async def record(
        self,
        webhook_id: str,
        *,
        position: int,
        attempts: Sequence[Attempt] = (),
        waiting: Sequence[Waiting] = (),
        done: Sequence[int] = (),
    ) -> None:
        """Store what came of some deliveries in one transaction, and remove old attempts."""
        rows = statements.record(self.lists, webhook_id, position, attempts=attempts, waiting=waiting, done=done)
        written = [*rows]
        if attempts:
            written += statements.prune(webhook_id, self._oldest())
        await self._write(written)

    def _oldest(self) -> str:
        oldest = datetime.fromisoformat(self._now()) - timedelta(days=DAYS_KEPT)
        return f"{oldest:%Y-%m-%dT%H:%M:%S}.{oldest.microsecond // 1000:03d}Z"

    async def deliveries(
        self, webhook_id: str, status: Status | None, before: int | None, limit: int
    ) -> list[Delivery]:
        """List the deliveries of which something is still kept, newest first, before a position."""
        end = LAST if before is None else before
        here = (webhook_id, end, webhook_id, end, webhook_id, status, status, limit)
        rows = await self._fetch(_DELIVERIES, *here)
        attempts: dict[object, list[Attempt]] = {row[0]: [] for row in rows}
        for row in await self._fetch(_ATTEMPTS.format(listed=self.lists.texts), webhook_id, to_json(list(attempts))):
            attempts[row[0]].append(Attempt(*row))  # type: ignore[arg-type]
        return [Delivery(position, shown, next_at, attempts[position]) for position, shown, next_at in rows]  # type: ignore[arg-type]

    async def health(self, webhook_ids: Sequence[str]) -> Mapping[str, Health]:
        """Look at several webhooks."""
        rows = await self._fetch(_HEALTH.format(listed=self.lists.texts), to_json(webhook_ids))
        return {cast("str", row[0]): _health(row) for row in rows}


def _health(row: Row) -> Health:
    _, position, failing, at, status, error = row
    failure = None if at is None else Failure(at, status, error)  # type: ignore[arg-type]
    return Health(cast("int", position), failing=bool(failing), last_failure=failure)
