"""The statements that write the tables of the deliveries. Many rows come as one JSON text, so each is compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seatkeeper.storage.deliveries import ATTEMPTS_KEPT, Attempt, Waiting
from seatkeeper.storage.records import to_json
from seatkeeper.storage.sql.pieces import Sql

TABLES = ("webhook_secrets", "webhook_progress", "webhook_waiting", "webhook_attempts")

PRUNED_AT_ONCE = 100
"""Attempts that one write looks at for their age."""


class Lists(NamedTuple):
    """How an engine makes rows of a JSON array, which is the value of the one mark."""

    arrays: str
    """The source `listed` for an array of arrays: each as `value`, and its index as `key`."""
    texts: str
    """The source `listed` for an array of texts or numbers: each as `value`."""
    item: str
    """An item of an array `value`, at the index %d."""

    def items(self, kinds: str) -> str:
        """Write the items of an array: `t` for a text, `n` for a number."""
        items = [(kind, self.item % index) for index, kind in enumerate(kinds)]
        return ", ".join(item if kind == "t" else f"CAST({item} AS BIGINT)" for kind, item in items)


_ADD_SECRET = "INSERT INTO webhook_secrets (webhook_id, secret_id, secret) VALUES (?, ?, ?)"  # noqa: S105 - no secret
_REMOVE_SECRET = "DELETE FROM webhook_secrets WHERE webhook_id = ? AND secret_id = ?"  # noqa: S105 - no secret

_BEGIN = """
INSERT INTO webhook_progress (webhook_id, position, replays) SELECT webhook_id, after, replays FROM webhooks
WHERE webhook_id = ? AND status <> 'deleted'
ON CONFLICT (webhook_id) DO UPDATE SET position = excluded.position, replays = excluded.replays
"""
_FORGET_WAITING = "DELETE FROM webhook_waiting WHERE webhook_id = ?"

_POSITION = "UPDATE webhook_progress SET position = ? WHERE webhook_id = ?"
_DONE = """
DELETE FROM webhook_waiting WHERE webhook_id = ? AND position IN (SELECT CAST(value AS BIGINT) FROM {listed})
"""
_WAITING = """
INSERT INTO webhook_waiting (webhook_id, position, stream_id, attempts, first_at, next_at)
SELECT ?, {items} FROM {listed} WHERE true
ON CONFLICT (webhook_id, position) DO UPDATE SET attempts = excluded.attempts, first_at = excluded.first_at,
    next_at = excluded.next_at
"""
_ATTEMPTS = """
INSERT INTO webhook_attempts
    (webhook_id, number, position, message_id, attempt, at, milliseconds, status, error, outcome)
SELECT ?, (SELECT coalesce(max(number), 0) FROM webhook_attempts WHERE webhook_id = ?) + key + 1, {items}
FROM {listed}
"""
_PRUNE_MANY = f"""
DELETE FROM webhook_attempts WHERE webhook_id = ?
    AND number <= (SELECT max(number) FROM webhook_attempts WHERE webhook_id = ?) - {ATTEMPTS_KEPT}
"""  # noqa: S608 - a number of ours
_PRUNE_OLD = f"""
DELETE FROM webhook_attempts WHERE webhook_id = ? AND at < ? AND number IN
    (SELECT number FROM webhook_attempts WHERE webhook_id = ? ORDER BY number LIMIT {PRUNED_AT_ONCE})
"""  # noqa: S608 - a number of ours

_LIVING = "SELECT webhook_id FROM webhooks WHERE status <> 'deleted'"
_CLEAN_SECRETS = """
DELETE FROM webhook_secrets WHERE
(secret_id < ? OR webhook_id IN (SELECT webhook_id FROM webhooks WHERE status = 'deleted'))
AND NOT EXISTS (SELECT * FROM webhooks
    WHERE webhooks.webhook_id = webhook_secrets.webhook_id AND webhooks.status <> 'deleted'
    AND webhook_secrets.secret_id IN (webhooks.secret_id, coalesce(webhooks.earlier_id, '')))
"""


def add_secret(webhook_id: str, secret_id: str, secret: str) -> list[Sql]:
    """Store a secret."""
    return [Sql(_ADD_SECRET, [webhook_id, secret_id, secret])]


def remove_secret(webhook_id: str, secret_id: str) -> list[Sql]:
    """Remove a secret."""
    return [Sql(_REMOVE_SECRET, [webhook_id, secret_id])]


def remove(webhook_id: str) -> list[Sql]:
    """Remove the rows of a webhook from all tables."""
    return [Sql(f"DELETE FROM {table} WHERE webhook_id = ?", [webhook_id]) for table in TABLES]  # noqa: S608 - our names


def begin(webhook_id: str) -> list[Sql]:
    """Take in where the webhook says that its deliveries begin."""
    return [Sql(_FORGET_WAITING, [webhook_id]), Sql(_BEGIN, [webhook_id])]


def record(  # noqa: PLR0913 - those of a record
    lists: Lists,
    webhook_id: str,
    position: int,
    *,
    attempts: Sequence[Attempt],
    waiting: Sequence[Waiting],
    done: Sequence[int],
) -> Iterator[Sql]:
    """Write what came of some deliveries."""
    yield Sql(_POSITION, [position, webhook_id])
    if done:
        yield Sql(_DONE.format(listed=lists.texts), [webhook_id, to_json(done)])
    if waiting:
        sql = _WAITING.format(items=lists.items("ntntt"), listed=lists.arrays)
        yield Sql(sql, [webhook_id, to_json(waiting)])
    if attempts:
        sql = _ATTEMPTS.format(items=lists.items("ntntnntt"), listed=lists.arrays)
        yield Sql(sql, [webhook_id, webhook_id, to_json(attempts)])


def prune(webhook_id: str, oldest: str) -> list[Sql]:
    """Remove the attempts beyond the number that is kept, and some of those from before a time."""
    return [Sql(_PRUNE_MANY, [webhook_id, webhook_id]), Sql(_PRUNE_OLD, [webhook_id, oldest, webhook_id])]


def clean(before: str) -> list[Sql]:
    """Remove what no living webhook names: a crash can come between a secret and the event that names it.

    Secrets with this id and later ones stay, unless their webhook was deleted.
    """
    others = [
        Sql(f"DELETE FROM {table} WHERE webhook_id NOT IN ({_LIVING})")  # noqa: S608 - our names
        for table in TABLES[1:]
    ]
    return [*others, Sql(_CLEAN_SECRETS, [before])]
