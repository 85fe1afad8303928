"""Messages of webhooks: whether the service signed them, and what they say.

They are those of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), with symmetric secrets.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping

import msgspec

from seatkeeper.http.client.errors import WrongSignature
from seatkeeper.http.client.structs.answers import Event

TOLERANCE = 300
"""Seconds by which the clock of the service may differ, and by which a message may be late."""


class Message(msgspec.Struct, frozen=True):
    """A message: its id is the same each time it is sent. A ping has no event."""

    message_id: str
    type: str
    timestamp: str
    event: Event | None


class _Body(msgspec.Struct, frozen=True):
    type: str
    timestamp: str
    data: msgspec.Raw


_decode = msgspec.json.Decoder(_Body).decode


def read_message(secret: str, headers: Mapping[str, str], body: bytes, *, tolerance: float = TOLERANCE) -> Message:
    """Return a message that was signed with this secret (`whsec_...`); raise WrongSignature."""
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("not the secret of a webhook")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > tolerance:
        raise WrongSignature("the message is too old, or has no time")
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    expected = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
    signatures = given.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise WrongSignature("the message was not signed with this secret")
    return _read(message_id, body)


def _read(message_id: str, body: bytes) -> Message:
    found = _decode(body)
    event = None if found.type == "webhook.ping" else msgspec.json.decode(found.data, type=Event)
    return Message(message_id, found.type, found.timestamp, event)
