"""What a client may expect before it sends a body."""

from __future__ import annotations

from tests.connections.wire import POST, serving

EXPECTING = POST.replace(b"Host: a", b"Host: a\r\nExpect: 100-continue")


async def test_a_client_that_waits_is_told_to_go_on() -> None:
    async with serving() as server:
        wire = await server.connect(EXPECTING)
        assert (await wire.answer()).status == 100
        assert (await wire.say(b"12345").answer()).body == b"/read"
        assert (await wire.say(EXPECTING + b"12345").answer()).body == b"/read"


async def test_anything_else_is_not_met() -> None:
    async with serving() as server:
        wire = await server.connect(EXPECTING.replace(b"100-continue", b"a-miracle"))
        assert (await wire.answer()).status == 417


async def test_http_1_0_is_not_told_to_go_on() -> None:
    async with serving() as server:
        wire = await server.connect(EXPECTING.replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (await wire.say(b"12345").answer()).body == b"/read"
