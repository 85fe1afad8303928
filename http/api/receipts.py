"""The route of receipts: the stored answers to commands with an idempotency key."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.access.scopes import ADMIN, includes
from seatkeeper.actors.aggregates.messages import NotFound
from seatkeeper.http import fields
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.idempotency import receipt_key
from seatkeeper.http.server.problems import InsufficientScope, Refused
from seatkeeper.http.server.routes import ANY_KEY, Answer, Call, Route, encode


class ReceiptNotFound(NotFound, frozen=True, gc=False):
    """There is no stored answer for this idempotency key.

    It comes when no command with this `Idempotency-Key` of your API key has a stored answer: it never came, was
    not final, or came with another API key.

    If you do not know whether the command was carried out, send it again with the same key. It is carried out at
    most once.
    """


class ReceiptQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose receipt to read."""

    of: fields.Id | msgspec.UnsetType = msgspec.UNSET


class StoredAnswer(msgspec.Struct, frozen=True):
    """What became of a command: the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: msgspec.Raw | None
    recorded_at: str


class StoredAnswerView(msgspec.Struct, frozen=True):
    """What became of a command: status, headers and body of the answer that is repeated under its key."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: dict[str, msgspec.Raw] | None
    recorded_at: str


async def get_receipt(service: Service, call: Call[None, ReceiptQuery]) -> Answer:
    """Read the stored answer to the command with this idempotency key, which came with the same API key."""
    key, owner = call.ids["key"], call.caller.key_id
    if isinstance(call.query.of, str):
        if not includes(call.caller.scopes, ADMIN):
            raise Refused(InsufficientScope(ADMIN))
        owner = call.query.of.lower()
    receipt = await service.find_receipt(receipt_key(owner, key))
    if receipt is None:
        raise Refused(ReceiptNotFound())
    body = msgspec.Raw(receipt.body.encode()) if receipt.body else None
    columns = (key, receipt.status, receipt.version, receipt.position, receipt.location)
    return Answer(encode(StoredAnswer(*columns, body, receipt.recorded_at)))


ROUTES = (
    Route(
        "GET",
        "/v1/receipts/{key}",
        get_receipt,
        StoredAnswerView,
        query=ReceiptQuery,
        refusals=(ReceiptNotFound, InsufficientScope),
        scope=ANY_KEY,
    ),
)
