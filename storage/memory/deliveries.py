"""What is stored of the deliveries of webhooks, in memory, for tests and simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatkeeper.storage.deliveries import (
    ALL_IDS,
    ATTEMPTS_KEPT,
    Attempt,
    Delivery,
    Failure,
    Health,
    Secret,
    Status,
    Waiting,
)
from seatkeeper.storage.memory.queries import MemoryQueries
from seatkeeper.storage.projections.webhooks import WEBHOOKS, WebhookRow


class MemoryDeliveries:
    """Dictionaries, with the same answers as SqliteDeliveries; attempts do not grow old."""

    def __init__(self, queries: MemoryQueries) -> None:
        """Read the webhooks of these queries."""
        self._queries = queries
        self._secrets: dict[tuple[str, str], str] = {}
        self._progress: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, dict[int, Waiting]] = {}
        self._attempts: dict[str, list[Attempt]] = {}

    def _webhook(self, webhook_id: str) -> WebhookRow | None:
        row = self._queries.tables.get(WEBHOOKS, {}).get((webhook_id,))
        return None if row is None else WebhookRow(*row)  # type: ignore[arg-type]

    async def clean(self, before: str = ALL_IDS) -> None:
        """Remove what no living webhook names, secrets only if their id is before this one."""
        rows = [WebhookRow(*row) for row in self._queries.tables.get(WEBHOOKS, {}).values()]  # type: ignore[arg-type]
        named = {row.webhook_id: (row.secret_id, row.earlier_id) for row in rows if row.status != "deleted"}
        for webhook_id in {*self._progress, *self._waiting, *self._attempts} - named.keys():
            await self.remove(webhook_id)
        deleted = {row.webhook_id for row in rows if row.status == "deleted"}
        self._secrets = {
            (webhook_id, secret_id): secret
            for (webhook_id, secret_id), secret in self._secrets.items()
            if secret_id in named.get(webhook_id, ()) or (secret_id >= before and webhook_id not in deleted)
        }

    async def add_secret(self, webhook_id: str, secret_id: str, secret: str) -> None:
        """Store a secret; it signs as soon as an event of the webhook names it."""
        self._secrets[webhook_id, secret_id] = secret

    async def remove_secret(self, webhook_id: str, secret_id: str) -> None:
        """Remove a secret that no event names."""
        self._secrets.pop((webhook_id, secret_id), None)

    async def remove(self, webhook_id: str) -> None:
        """Remove all that is stored of a webhook that was deleted."""
        self._secrets = {key: secret for key, secret in self._secrets.items() if key[0] != webhook_id}
        self._progress.pop(webhook_id, None)
        self._waiting.pop(webhook_id, None)
        self._attempts.pop(webhook_id, None)

    async def secrets(self, webhook_id: str) -> list[Secret]:
        """List the secrets that sign, the newest first; that of before may have ended (`valid_until`)."""
        webhook = self._webhook(webhook_id)
        if webhook is None:
            return []
        named = [(webhook.secret_id, None), (webhook.earlier_id or "", webhook.earlier_until)]
        keys = [((webhook_id, secret_id), until) for secret_id, until in named]
        return [Secret(self._secrets[key], until) for key, until in keys if key in self._secrets]

    async def progress(self, webhook_id: str) -> int:
        """Return the position to go on after, taking in where the webhook says that its deliveries begin."""
        webhook = self._webhook(webhook_id)
        if webhook is None or webhook.status == "deleted":
            return self._progress.get(webhook_id, (0, 0))[0]
        if self._progress.get(webhook_id, (0, -1))[1] != webhook.replays:
            self._progress[webhook_id] = webhook.after, webhook.replays
            self._waiting.pop(webhook_id, None)
        return self._progress[webhook_id][0]

    async def waiting(self, webhook_id: str) -> list[Waiting]:
        """List what waits, in the order of the journal."""
        return sorted(self._waiting.get(webhook_id, {}).values())

    async def record(
        self,
        webhook_id: str,
        *,
        position: int,
        attempts: Sequence[Attempt] = (),
        waiting: Sequence[Waiting] = (),
        done: Sequence[int] = (),
    ) -> None:
        """Store what came of some deliveries, and remove old attempts."""
        if webhook_id in self._progress:
            self._progress[webhook_id] = position, self._progress[webhook_id][1]
        waits = self._waiting.setdefault(webhook_id, {})
        for one in done:
            waits.pop(one, None)
        waits.update({one.position: one for one in waiting})
        kept = self._attempts.setdefault(webhook_id, [])
        kept += attempts
        del kept[:-ATTEMPTS_KEPT]

    async def deliveries(
        self, webhook_id: str, status: Status | None, before: int | None, limit: int
    ) -> list[Delivery]:
        """List the deliveries of which something is still kept, newest first, before a position."""
        waiting = self._waiting.get(webhook_id, {})
        attempts: dict[int, list[Attempt]] = {position: [] for position in waiting}
        for attempt in self._attempts.get(webhook_id, []):
            attempts.setdefault(attempt.position, []).append(attempt)
        found = [
            Delivery(position, "waiting", waiting[position].next_at, tried)
            if position in waiting
            else Delivery(position, tried[-1].outcome, None, tried)
            for position, tried in sorted(attempts.items(), reverse=True)
            if before is None or position < before
        ]
        return [delivery for delivery in found if status in (None, delivery.status)][:limit]

    async def health(self, webhook_ids: Sequence[str]) -> Mapping[str, Health]:
        """Look at several webhooks."""
        known = [webhook for webhook in map(self._webhook, webhook_ids) if webhook is not None]
        return {webhook.webhook_id: self._health(webhook) for webhook in known}

    def _health(self, webhook: WebhookRow) -> Health:
        position, replays = self._progress.get(webhook.webhook_id, (0, -1))
        failed = [one for one in self._attempts.get(webhook.webhook_id, []) if one.outcome == "failed"]
        failure = Failure(failed[-1].at, failed[-1].status, failed[-1].error) if failed else None
        failing = any(one.attempts for one in self._waiting.get(webhook.webhook_id, {}).values())
        return Health(position if replays == webhook.replays else webhook.after, failing, failure)
