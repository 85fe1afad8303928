"""The messages of webhooks: signed by the service, and read by the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import pytest
from aiohttp import web

from seatkeeper.http.client import Seatkeeper, WrongSignature, read_message
from seatkeeper.http.events_out.webhooks.message import key_of, signed_headers
from tests.client.conftest import TEAM

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PING = b'{"type":"webhook.ping","timestamp":"2026-11-22T18:12:00.000Z","data":{"webhook_id":"w"}}'
DEADLINE = 30.0


def headers(*, secret: str = SECRET, at: float | None = None, body: bytes = PING) -> Mapping[str, str]:
    """The headers of a message of the service."""
    return signed_headers([key_of(secret)], "journal_7", int(time.time() if at is None else at), body)


def test_a_signed_message_is_read() -> None:
    message = read_message(SECRET, headers(), PING)
    assert (message.message_id, message.type, message.event) == ("journal_7", "webhook.ping", None)


def test_one_of_two_signatures_is_enough() -> None:
    other = "whsec_" + "A" * 32
    both = signed_headers([key_of(other), key_of(SECRET)], "journal_7", int(time.time()), PING)
    assert read_message(SECRET, {name.title(): value for name, value in both.items()}, PING).type == "webhook.ping"


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (headers(), PING.replace(b"w", b"v")),
        (headers(secret="whsec_" + "A" * 32), PING),
        (headers(at=0), PING),
        ({**headers(), "webhook-id": "journal_8"}, PING),
        ({**headers(), "webhook-signature": ""}, PING),
        ({**headers(), "webhook-signature": "v1,é"}, PING),
        ({}, PING),
    ],
    ids=["another body", "another secret", "too old", "another id", "no signature", "no base64", "no headers"],
)
def test_what_the_service_has_not_signed_is_refused(given: Mapping[str, str], body: bytes) -> None:
    with pytest.raises(WrongSignature):
        read_message(SECRET, given, body)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="not the secret"):
        read_message(secret, headers(), PING)


async def test_what_a_webhook_delivers_is_read(seats: Seatkeeper) -> None:
    received: asyncio.Queue[tuple[Mapping[str, str], bytes]] = asyncio.Queue(10)

    async def receive(request: web.Request) -> web.Response:
        await received.put((request.headers, await request.read()))
        return web.Response(status=204)

    application = web.Application()
    application.router.add_post("/", receive)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        (address, *_) = runner.addresses
        made = await seats.webhooks.create(url=f"http://127.0.0.1:{address[1]}/", types=["account.opened"])
        assert made.secret is not None
        signed_up = await seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)
        given, body = await asyncio.wait_for(received.get(), DEADLINE)
        event = read_message(made.secret, given, body).event
        assert event is not None
        assert event.data["account_id"] == signed_up.account.account_id
        await seats.webhooks.delete(made.webhook.webhook_id)
    finally:
        await runner.cleanup()
