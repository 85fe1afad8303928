"""The check of webhooks: each that was not deleted has the secret that signs for it."""

from __future__ import annotations

from collections.abc import Iterator

from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import printable

_UNSIGNED = """
SELECT webhook_id FROM webhooks WHERE status <> 'deleted' AND NOT EXISTS (SELECT * FROM webhook_secrets
    WHERE webhook_secrets.webhook_id = webhooks.webhook_id AND webhook_secrets.secret_id = webhooks.secret_id)
ORDER BY webhook_id
"""


def webhook_findings(reading: Reading) -> Iterator[str]:
    """Report the webhooks whose secret is missing; the schema has the tables."""
    for (webhook_id,) in reading.rows(_UNSIGNED):
        yield f"webhook {printable(webhook_id)}: its secret is missing, so nothing can be signed; rotate it"
