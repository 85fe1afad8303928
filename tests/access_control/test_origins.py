"""Origins: pages in the operator's browser get nothing from an open service, and from others what CORS allows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seatkeeper.http.access import names, origins
from seatkeeper.http.access.origins import Origins, is_loopback
from tests.access_control.doors import Client, Door, bearer, told
from tests.wire import Connection

APP = "https://app.example.com"
REFUSED = (403, "origin-not-allowed")


def own(client: Client) -> str:
    """The origin of the service itself."""
    return f"http://127.0.0.1:{client.port}"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:80", "127.0.0.1", "127.255.0.9:8080", "[::1]", "[::1]:8080"],
)
async def test_an_open_service_answers_to_the_names_of_loopback(door: Door, host: str) -> None:
    async with door.client() as client, client.post("/retire", headers={"Host": host}) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "127.1", "0.0.0.1"),
        *("", "10.0.0.1", "[::]", "[::ffff:127.0.0.1]", "::1", "2130706433", "0x7f.0.0.1", "localhost:", "a@localhost"),
    ],
)
@pytest.mark.parametrize("path", ["/words/one", "/open", "/nothing", "/"])
async def test_an_open_service_answers_to_no_other_name(door: Door, host: str, path: str) -> None:
    async with door.client() as client, client.get(path, headers={"Host": host}) as response:
        assert await told(response) == REFUSED
    assert door.words == []


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET http://evil.example/open HTTP/1.1\r\nHost: localhost\r\n\r\n", 403),
        (b"GET http://localhost/open HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /open HTTP/1.0\r\n\r\n", 403),
    ],
)
async def test_an_address_that_names_a_host_is_checked_too(door: Door, request_line: bytes, status: int) -> None:
    async with door.client() as client:
        assert client.port is not None
        async with await Connection.open(client.port) as connection:
            assert (await connection.write(request_line).receive()).status == status


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:3000", APP, ""]
)
async def test_a_page_of_another_origin_gets_nothing_from_an_open_service(origin: str) -> None:
    door = Door(cors_origins=APP)
    async with door.client() as client:
        for method, path in (("POST", "/retire"), ("GET", "/words/one"), ("GET", "/open"), ("DELETE", "/nothing")):
            async with client.request(method, path, headers={"Origin": origin}) as response:
                assert await told(response) == REFUSED
    assert door.words == []


async def test_a_page_of_its_own_may_ask_an_open_service(door: Door) -> None:
    async with door.client() as client:
        headers = {"Origin": own(client), "Sec-Fetch-Site": "same-origin"}
        async with client.post("/retire", headers=headers) as response:
            assert response.status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
async def test_what_a_browser_says_comes_from_elsewhere_changes_nothing(door: Door, site: str) -> None:
    async with door.client() as client:
        async with client.post("/retire", headers={"Sec-Fetch-Site": site}) as response:
            assert await told(response) == REFUSED
        async with client.get("/open", headers={"Sec-Fetch-Site": site}) as response:  # somebody has followed a link
            assert response.status == 200


async def test_a_preflight_gets_nothing_from_an_open_service() -> None:
    door = Door(cors_origins=APP)
    async with door.client() as client, client.options("/words", headers=preflight(APP)) as response:
        assert await told(response) == REFUSED
        assert "Access-Control-Allow-Origin" not in response.headers


def test_only_so_many_names_of_loopback_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "HOSTS", 2)
    checked = Origins(allowed_hosts=frozenset(), cors_origins=frozenset())
    for port in range(10):
        checked._check_loopback(f"localhost:{port}")
    assert len(checked._loopback) <= 2


def preflight(origin: str) -> Mapping[str, str]:
    """What a browser asks before it sends a page's request."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_a_service_with_keys_answers_to_any_host(door: Door) -> None:
    headers = {**bearer(door.keyring.make("admin")), "Host": "api.example.com", "Origin": "https://other.example"}
    async with door.client() as client, client.get("/words/one", headers=headers) as response:
        assert response.status == 200
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Vary" not in response.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.example.com", 200),
        ("API.example.com:8443", 200),
        ("10.0.0.7:8080", 200),
        ("10.0.0.7:8081", 403),
        ("[2001:db8::1]:8080", 200),
        ("localhost", 403),
        ("", 403),
    ],
)
async def test_a_service_with_keys_answers_to_the_hosts_that_are_named(host: str, status: int) -> None:
    door = Door(allowed_hosts="api.example.com, 10.0.0.7:8080, [2001:db8::1]")
    headers = {**bearer(door.keyring.make("admin")), "Host": host}
    async with door.client() as client:
        for path in ("/words/one", "/open"):
            async with client.get(path, headers=headers) as response:
                assert response.status == status


async def test_a_preflight_of_an_allowed_origin_is_told_what_its_page_may_send() -> None:
    door = Door(cors_origins=f"{APP},http://localhost:3000")
    door.keyring.make("admin")
    async with door.client() as client, client.options("/words", headers=preflight(APP)) as response:
        assert (response.status, await response.read()) == (204, b"")
        headers = response.headers
    assert headers["Access-Control-Allow-Origin"] == APP
    assert headers["Access-Control-Allow-Methods"] == headers["Allow"] == "OPTIONS, POST"
    allowed = {name.strip() for name in headers["Access-Control-Allow-Headers"].split(",")}
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Seatkeeper-On-Behalf-Of"} <= allowed
    assert (headers["Vary"], headers["Access-Control-Max-Age"]) == ("Origin", "600")


async def test_a_page_of_an_allowed_origin_may_read_answers_and_problems() -> None:
    door = Door(cors_origins=APP)
    secret = door.keyring.make("accounts:read")
    async with door.client() as client:
        for path, credentials in (("/words/one", bearer(secret)), ("/words/one", {}), ("/nothing", {})):
            async with client.get(path, headers={**credentials, "Origin": APP}) as response:
                assert response.headers["Access-Control-Allow-Origin"] == APP
                exposed = {name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")}
                assert {"ETag", "Location", "Seatkeeper-Position", "Retry-After", "X-Request-Id"} <= exposed


async def test_a_page_of_another_origin_may_read_nothing() -> None:
    door = Door(cors_origins=APP)
    door.keyring.make("admin")
    async with door.client() as client:
        for origin in ("https://evil.example", f"{APP}.evil.example", "null"):
            async with client.options("/words", headers=preflight(origin)) as response:
                assert "Access-Control-Allow-Origin" not in response.headers
                assert response.headers["Vary"] == "Origin"


async def test_an_answer_without_an_origin_says_that_it_depends_on_it() -> None:
    door = Door(cors_origins=APP)
    door.keyring.make("admin")
    async with door.client() as client, client.get("/open") as response:
        assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:1"])
def test_a_name_of_loopback_may_have_any_port(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("text", ["http://api.example.com", "a b", "*", "api.example.com/", "host:99999999"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        names.hosts(text)


@pytest.mark.parametrize("text", ["app.example.com", "https://app.example.com/", "*", "ftp://a", "null"])
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        names.origins(text)
