"""A message: its id, its body, and its signature.

It is one of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), with symmetric secrets.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

import msgspec

from seatkeeper.storage.queries import StoredEvent

SECRET_PREFIX = "whsec_"  # noqa: S105 - what each secret begins with

_encode = msgspec.json.Encoder().encode


class Traced(msgspec.Struct, frozen=True):
    """What names the trace in the context of an event."""

    traceparent: str | None = None


_traced = msgspec.json.Decoder(Traced).decode


def event_body(event: StoredEvent) -> bytes:
    """Write the body of the message of an event, which is in it as the feed shows it."""
    fields: dict[str, object] = event._asdict()
    for name in ("data", "context"):
        text = fields.get(name)
        if isinstance(text, str):
            fields[name] = msgspec.Raw(text.encode())
    return _encode({"type": event.type, "timestamp": event.recorded_at, "data": fields})


def traceparent_of(event: StoredEvent) -> str | None:
    """Read the trace that the command of an event was part of, None where it was part of none."""
    return None if event.context is None else _traced(event.context).traceparent


def ping_body(webhook_id: str, at: str) -> bytes:
    """Write the body of the message that only tries an endpoint."""
    return _encode({"type": "webhook.ping", "timestamp": at, "data": {"webhook_id": webhook_id}})


def message_ids(journal_id: Callable[[], str], earlier: Callable[[], Mapping[str, int]]) -> Callable[[int], str]:
    """Make the function that gives the message of a position its id.

    `earlier` are the ids that the journal had before, each with the last position that it has in common with this one.
    An event keeps the id of the journal that it was written to, so a repeat after a backup was restored has it too, and
    no id means two things.
    """

    def message_id(position: int) -> str:
        shared = [(last, name) for name, last in earlier().items() if position <= last]
        return f"{min(shared, key=itemgetter(0))[1] if shared else journal_id()}_{position}"

    return message_id


def key_of(secret: str) -> bytes:
    """Read the key of a secret: base64 after the prefix; raise ValueError for what is none."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    if not key:
        raise ValueError("the secret of a webhook is empty")
    return key


def signed_headers(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Make the headers of a message; `timestamp` is that of this attempt, in seconds, and every key signs."""
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    signatures = [base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
