"""TLS: who is not trusted gets nothing, not even a second try."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from aiohttp import web

from seatkeeper.http.client import NoAnswer, Seatkeeper


@pytest.fixture
def authority() -> trustme.CA:
    """An authority that nobody trusts by itself."""
    return trustme.CA()


@pytest.fixture
async def url(authority: trustme.CA) -> AsyncIterator[str]:
    """The address of a server that only answers that it lives."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    application = web.Application()
    application.router.add_get("/livez", _live)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        (address, *_) = runner.addresses
        yield f"https://127.0.0.1:{address[1]}"
    finally:
        await runner.cleanup()


async def _live(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def test_who_is_trusted_is_asked(url: str, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with Seatkeeper(url, tls=context) as seats:
        assert (await seats.operations.live()).status == "ok"


async def test_who_is_not_trusted_is_not_asked_again(url: str) -> None:
    async with Seatkeeper(url) as seats:
        with pytest.raises(NoAnswer, match="certificate verify failed"):
            await seats.operations.live(deadline=3600.0)
