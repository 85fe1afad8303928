"""The client's address: a header is believed as far as trusted proxies have written it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from seatkeeper.http.access import names
from seatkeeper.http.access.addresses import LONGEST, ClientAddresses
from seatkeeper.http.access.limits.guesses import BURST
from seatkeeper.http.observability.logs import JsonFormatter
from tests.access_control.doors import Door
from tests.access_control.test_guesses import STRANGER

PROXIES = ClientAddresses(names.networks("10.0.0.0/8, 2001:db8:1::/48"))


def client_of(peer: str, *headers: tuple[str, str], proxies: ClientAddresses = PROXIES) -> str:
    """The address of the client of a request that comes from this peer with these headers."""
    return proxies.of(make_mocked_request("GET", "/", CIMultiDict(headers)).clone(remote=peer))


FORWARDED: Sequence[tuple[str, str]] = [
    ("for=192.0.2.7", "192.0.2.7"),
    ("for=9.9.9.9, for=192.0.2.7", "192.0.2.7"),
    ("for=9.9.9.9, For=192.0.2.7;proto=https;by=10.0.0.1, for=10.0.0.2", "192.0.2.7"),
    ('proto=http;for="192.0.2.7:4711"', "192.0.2.7"),
    ('for="[2001:db8::7]:4711"', "2001:db8::7"),
    ('for="[2001:DB8::7]"', "2001:db8::7"),
    ("for=192.0.2.7, for=unknown", "10.0.0.1"),
    ("for=192.0.2.7, for=_hidden, for=10.0.0.2", "10.0.0.2"),
    ("for=192.0.2.7, nothing of the kind", "10.0.0.1"),
    ("for=10.0.0.3, for=10.0.0.2", "10.0.0.3"),
    ('for=9.9.9.9;x=", for=192.0.2.7', "10.0.0.1"),
    ('for=9.9.9.9;x="\\", for="[2001:db8::7]"', "10.0.0.1"),
    ('for=192.0.2.7;x="a,for=9.9.9.9"', "192.0.2.7"),
    ('for="1\\92.0.2.7"', "192.0.2.7"),
    (f"for=192.0.2.7;x={'y' * LONGEST}", "10.0.0.1"),
    ("", "10.0.0.1"),
]


@pytest.mark.parametrize(("header", "address"), FORWARDED)
def test_forwarded_is_read_from_the_right_to_the_first_address_that_is_not_trusted(header: str, address: str) -> None:
    assert client_of("10.0.0.1", ("Forwarded", header)) == address


FORWARDED_FOR: Sequence[tuple[str, str]] = [
    ("192.0.2.7", "192.0.2.7"),
    ("9.9.9.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
    ("2001:db8::7", "2001:db8::7"),
    ("192.0.2.7:4711", "192.0.2.7"),
    ("192.0.2.7, 2001:db8:1::5", "192.0.2.7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
    ("192.0.2.7, 10.0.0", "10.0.0.1"),
    (",".join(["9.9.9.9"] * LONGEST), "10.0.0.1"),
]


@pytest.mark.parametrize(("header", "address"), FORWARDED_FOR)
def test_x_forwarded_for_is_read_in_the_same_way(header: str, address: str) -> None:
    assert client_of("10.0.0.1", ("X-Forwarded-For", header)) == address


def test_lines_of_a_header_are_one_list() -> None:
    lines = (("X-Forwarded-For", "9.9.9.9"), ("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-For", "10.0.0.2"))
    assert client_of("10.0.0.1", *lines) == "192.0.2.7"


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For"])
def test_who_is_no_trusted_proxy_is_not_believed(name: str) -> None:
    header = {"Forwarded": "for=9.9.9.9", "X-Forwarded-For": "9.9.9.9"}[name]
    assert client_of("192.0.2.1", (name, header)) == "192.0.2.1"
    assert client_of("10.0.0.1", (name, header), proxies=ClientAddresses([])) == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "address"), [("for=9.9.9.9", "10.0.0.1"), ("for=192.0.2.7", "192.0.2.7"), ("for=unknown", "10.0.0.1")]
)
def test_two_headers_are_believed_where_they_say_the_same(forwarded: str, address: str) -> None:
    assert client_of("10.0.0.1", ("Forwarded", forwarded), ("X-Forwarded-For", "192.0.2.7")) == address


def test_a_proxy_that_is_reached_over_ipv6_is_known_by_its_address_of_ipv4() -> None:
    assert client_of("::ffff:10.0.0.1", ("X-Forwarded-For", "192.0.2.7")) == "192.0.2.7"


def through_a_proxy(address: str) -> Mapping[str, str]:
    return {**STRANGER, "X-Forwarded-For": f"9.9.9.9, {address}"}


async def test_guesses_are_counted_by_the_address_that_the_proxy_names() -> None:
    door = Door(trusted_proxies="127.0.0.1")
    door.keyring.make("admin")
    async with door.client() as client:
        statuses = []
        for address in ["192.0.2.7"] * (BURST + 1) + ["192.0.2.8"]:
            async with client.get("/words/one", headers=through_a_proxy(address)) as response:
                statuses.append(response.status)
    assert statuses == [401] * BURST + [429, 401]


async def test_the_access_log_has_the_address_that_the_proxy_names(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "seatkeeper.http")
    door = Door(trusted_proxies="127.0.0.0/8")
    async with door.client(access_log=True) as client, client.get("/open", headers={"Forwarded": "for=192.0.2.7"}):
        pass
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records if record.message == "request"]
    assert [line["remote"] for line in lines] == ["192.0.2.7"]


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy", "10.0.0.1 10.0.0.2"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no address and no network"):
        names.networks(text)


@pytest.mark.parametrize(
    ("peer", "header", "secure"),
    [
        ("10.0.0.1", ("X-Forwarded-Proto", "https"), True),
        ("10.0.0.1", ("X-Forwarded-Proto", "http"), False),
        ("10.0.0.1", ("Forwarded", "for=192.0.2.7;proto=https, for=10.0.0.2;proto=http"), True),
        ("10.0.0.1", ("Forwarded", "for=192.0.2.7"), False),
        ("192.0.2.7", ("X-Forwarded-Proto", "https"), False),
    ],
)
def test_a_trusted_proxy_is_believed_that_the_client_came_encrypted(
    peer: str, header: tuple[str, str], *, secure: bool
) -> None:
    request = make_mocked_request("GET", "/", CIMultiDict([header])).clone(remote=peer)
    assert PROXIES.is_secure(request) is secure
