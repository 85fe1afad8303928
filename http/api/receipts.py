"""The route of receipts: the stored answers to commands with an idempotency key."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.aggregates.messages import NotFound
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, Call, Nothing, Route, encode


class ReceiptNotFound(NotFound, frozen=True, gc=False):
    """There is no stored answer for this idempotency key."""


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


async def get_receipt(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read the stored answer to the command with this idempotency key."""
    receipt = await service.find_receipt(call.ids["key"])
    if receipt is None:
        raise Refused(ReceiptNotFound())
    body = msgspec.Raw(receipt.body.encode()) if receipt.body else None
    columns = (receipt.key, receipt.status, receipt.version, receipt.position, receipt.location)
    return Answer(encode(StoredAnswer(*columns, body, receipt.recorded_at)))


ROUTES = (Route("GET", "/v1/receipts/{key}", get_receipt, StoredAnswerView, refusals=(ReceiptNotFound,), scope="any"),)
