"""What every path answers: OPTIONS, the way to the documents, and gzip for long answers."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from seatkeeper.http.access.compression import SHORTEST, accepts_gzip
from seatkeeper.http.server.routes import Answer, Call, Nothing
from tests.access_control.doors import ROUTES, Door, bearer, told
from tests.server.serving import Handlers

LONG = b"seatkeeper " * 1_000


async def read_long(_handlers: Handlers, _call: Call[None, Nothing]) -> Answer:
    """Answer at length."""
    return Answer(LONG, version=7, content_type="text/plain")


async def read_short(_handlers: Handlers, _call: Call[None, Nothing]) -> Answer:
    """Answer with one byte too few."""
    return Answer(LONG[: SHORTEST - 1], content_type="text/plain")


LONG_ROUTES = (
    replace(ROUTES[0], path="/long", handler=read_long),
    replace(ROUTES[0], path="/short", handler=read_short),
)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/words/one", "GET, HEAD, OPTIONS"), ("/words", "OPTIONS, POST"), ("/open", "GET, HEAD, OPTIONS")],
)
async def test_options_says_which_methods_a_path_has(door: Door, path: str, allowed: str) -> None:
    door.keyring.make("admin")
    async with door.client() as client, client.options(path) as response:
        assert (response.status, await response.read(), response.headers["Allow"]) == (204, b"", allowed)


async def test_a_path_without_a_route_has_no_options(door: Door) -> None:
    async with door.client() as client, client.options("/nothing") as response:
        assert await told(response) == (404, "not-found")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_root_leads_to_the_documents(door: Door, method: str) -> None:
    door.keyring.make("admin")
    async with door.client() as client, client.request(method, "/", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/docs")


async def test_the_root_takes_no_other_method(door: Door) -> None:
    async with door.client() as client, client.post("/") as response:
        assert await told(response) == (405, "method-not-allowed")
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_a_long_answer_is_compressed_for_who_accepts_it(door: Door) -> None:
    async with door.client(LONG_ROUTES) as client:
        async with client.get("/long", headers={"Accept-Encoding": "br, gzip"}, auto_decompress=False) as response:
            body = await response.read()
        headers = response.headers
        assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert int(headers["Content-Length"]) == len(body) < len(LONG) / 10
        assert (gzip.decompress(body), headers["ETag"]) == (LONG, '"7"')


async def test_head_has_the_headers_of_the_compressed_answer(door: Door) -> None:
    async with door.client(LONG_ROUTES) as client:
        described = []
        for method in ("GET", "HEAD"):
            async with client.request(method, "/long", headers={"Accept-Encoding": "gzip"}) as response:
                described.append([response.headers[name] for name in ("Content-Encoding", "Content-Length", "Vary")])
    assert described[0] == described[1]


@pytest.mark.parametrize("accepted", ["identity", "", "gzip;q=0", "br", "gzip;q=0.5, identity"])
async def test_a_long_answer_is_plain_for_who_does_not(door: Door, accepted: str) -> None:
    headers = {"Accept-Encoding": accepted}
    async with door.client(LONG_ROUTES) as client, client.get("/long", headers=headers) as response:
        assert (await response.read(), response.headers["Vary"]) == (LONG, "Accept-Encoding")
        assert "Content-Encoding" not in response.headers


async def test_a_short_answer_is_plain(door: Door) -> None:
    headers = {"Accept-Encoding": "gzip"}
    async with door.client(LONG_ROUTES) as client, client.get("/short", headers=headers) as response:
        assert len(await response.read()) == SHORTEST - 1
        assert response.headers.keys().isdisjoint({"Content-Encoding", "Vary"})


async def test_what_has_not_changed_is_not_compressed(door: Door) -> None:
    async with door.client(LONG_ROUTES) as client:
        headers = {"Accept-Encoding": "gzip", "If-None-Match": '"7"', **bearer(door.keyring.make("admin"))}
        async with client.get("/long", headers=headers) as response:
            assert (response.status, await response.read()) == (304, b"")
            assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZip", True),
        ("x-gzip", True),
        ("*", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip ; q=0.8", True),
        ("gzip;Q=0.8,identity;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity;q=1, gzip;q=0.5", False),
        ("br", False),
        ("gzip;q=much", False),
        ("gzip;q=..", False),
        ("", False),
    ],
)
def test_a_header_accepts_gzip(header: str, accepted: object) -> None:
    assert accepts_gzip(header) is accepted
