"""Requests that are damaged, split or broken off at any byte: no answer is a 5xx, and no failure is logged."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from seatkeeper.http.starter_plans import STARTER_PLANS
from tests import suite
from tests.service import Service
from tests.wire import Connection

PLAN = STARTER_PLANS[1][0].encode()
NOBODY = b"019ab7d1-6e0e-7000-9b01-7373b662885c"
SIGN_UP = b'{"account_name":"Engines","user_name":"Ada","plan_id":"%s"}' % PLAN
UPGRADE = b"Connection: upgrade\r\nUpgrade: websocket\r\n"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
AT_ONCE = 100
QUIET = 3.0
"""Seconds without a byte after which a connection has nothing more to say: more than its deadlines and a sweep."""


def lengthy(line: bytes, body: bytes, more: bytes = b"") -> bytes:
    """Write a request whose body has a length."""
    head = b"%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
    return head % (line, more, len(body)) + body


def chunked(line: bytes, body: bytes, more: bytes = b"") -> bytes:
    """Write a request whose body comes in two chunks."""
    head = b"%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in (body[:30], body[30:]))
    return head % (line, more) + chunks + b"0\r\n\r\n"


class Sending(NamedTuple):
    """What a client sends, in pieces, and how it ends."""

    pieces: Sequence[bytes]
    end: Literal["waits", "FIN", "RST"] = "waits"


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """A service that has logged no failure in the end."""
    with Service(tmp_path / "raw.db", "--body-deadline", "0.3", "--header-deadline", "0.3") as running:
        at_start = running.errors()  # it may warn of the SQLite of this machine
        yield running
        assert running.get("/readyz").status_code == 200
        assert 'status="5' not in running.get("/metrics").text
    logged = running.errors().removeprefix(at_start)
    assert [line for line in logged.splitlines() if '"level":"info"' not in line] == []


async def answered(port: int, sending: Sending) -> list[bytes]:
    """Send it on a connection of its own; return the statuses of the answers."""
    client = await Connection.open(port)
    received = b""
    try:
        for piece in sending.pieces:
            client.write(piece)
            await asyncio.sleep(0)
        if sending.end == "waits":
            received = await read_until_quiet(client)
        elif sending.end == "FIN":
            client.writer.write_eof()
            received = await client.ended()
    except OSError:
        pass  # the service has closed before all was sent
    finally:
        await client.reset()
    return STATUS.findall(received)


async def read_until_quiet(client: Connection) -> bytes:
    """Read until the service closes, or has nothing more to say: it closes what is incomplete within 2 s."""
    received = b""
    with suppress(TimeoutError, ConnectionError):
        while some := await asyncio.wait_for(client.reader.read(65536), QUIET):
            received += some
    return received


async def all_answered(port: int, sendings: Sequence[Sending]) -> Counter[bytes]:
    """Send all of them, some at once; count each status."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(sending: Sending) -> list[bytes]:
        async with room:
            return await answered(port, sending)

    return Counter(itertools.chain.from_iterable(await asyncio.gather(*map(one, sendings))))


KEYED = b"Idempotency-Key: at-every-byte\r\n"
CLOSING = b"Connection: close\r\n"
WHOLE = {
    "a length": lengthy(b"POST /v1/signups", SIGN_UP, KEYED + CLOSING),
    "chunks": chunked(b"POST /v1/signups", SIGN_UP, KEYED + CLOSING),
}


@pytest.mark.parametrize("request_", WHOLE.values(), ids=WHOLE)
async def test_a_request_that_is_split_or_broken_off_at_any_byte_has_one_effect(
    own_service: Service, request_: bytes
) -> None:
    places = range(1, len(request_))
    split = [Sending([request_[:place], request_[place:]]) for place in places]
    assert await all_answered(own_service.port, split) == {b"201": len(split)}
    cut = [Sending([request_[:place]], "FIN") for place in places]
    assert (await all_answered(own_service.port, cut)).keys() <= {b"400"}
    await all_answered(own_service.port, [Sending([request_[:place]], "RST") for place in places])
    assert own_service.get("/v1/events", after=3).json()["last_position"] == 5


@pytest.mark.parametrize("end", ["FIN", "RST"])
async def test_a_command_whose_client_leaves_is_carried_out_or_not_and_a_resend_has_one_effect(
    own_service: Service, end: Literal["FIN", "RST"]
) -> None:
    """A client that shuts its sending side down is taken for one that has left: its connection is closed."""
    keys = [b"Idempotency-Key: %d\r\n" % number for number in range(50)]
    commands = [lengthy(b"POST /v1/signups", SIGN_UP, key + CLOSING) for key in keys]
    assert (await all_answered(own_service.port, [Sending([one], end) for one in commands])).keys() <= {b"201"}
    assert await all_answered(own_service.port, [Sending([one]) for one in commands]) == {b"201": len(keys)}
    assert own_service.get("/v1/events", after=3, limit=200).json()["last_position"] == 3 + 2 * len(keys)


@pytest.mark.parametrize("expected", [b"100-continue", b"200-ok"])
async def test_a_client_that_does_not_wait_for_what_it_expects_leaves_no_failure(
    own_service: Service, expected: bytes
) -> None:
    sign_up = lengthy(b"POST /v1/signups", SIGN_UP, b"Expect: %s\r\n" % expected)
    for count in (1, 2, 10):
        await all_answered(own_service.port, [Sending([sign_up * count], "RST"), Sending([sign_up * count], "FIN")])


async def test_a_client_that_sends_nothing_and_leaves_holds_no_connection(own_service: Service) -> None:
    assert await all_answered(own_service.port, [Sending([], "FIN") for _ in range(300)]) == {}


def samples(dice: random.Random) -> list[bytes]:
    """Make requests of every kind, which are sound."""
    key = b"Idempotency-Key: key-%d\r\n" % dice.randrange(10**9)
    account = b"/v1/accounts/" + NOBODY
    return [
        lengthy(b"POST /v1/signups", SIGN_UP, dice.choice([key, UPGRADE, b"Expect: 100-continue\r\n", b""])),
        chunked(b"POST /v1/signups", SIGN_UP, dice.choice([key, UPGRADE, b"Expect: 100-continue\r\n", b""])),
        lengthy(b"POST %s/suspend" % account, b"{}", key),
        lengthy(b"PUT /v1/accounts/no\xffbody/members/%00/seat", b"", key),
        lengthy(b"PATCH /v1/plans/" + PLAN, b'{"name":"Team"}', b'If-Match: "77"\r\n'),
        b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (account, dice.choice([UPGRADE, b""])),
        b"GET /v1/receipts/key%201 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        b"GET http://a:80/v1/plans?limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]


TOKENS = (
    *(b"\r\n", b"\n", b"\x00", b"\xff", b" ", b":", b"%00", b"%", b"?", b"#", b"zz\r\n", b"0\r\n\r\n", b"1;\r\n"),
    *(b"f" * 16, b"-1", b"[" * 50, b"HTTP/1.0", b"CONNECT ", b"\xed\xa0\x80", UPGRADE, b"Connection: close\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Content-Encoding: gzip\r\n", b"Host: b\r\n"),
    *(b"X-Request-Id: \xff\r\n", b"If-Match: \xff\r\n", b"Idempotency-Key: \xff\r\n", b"Expect: 100-continue\r\n"),
)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Cut something out, put something in, or flip a bit."""
    start = dice.randrange(len(data) + 1)
    end = min(len(data), start + dice.choice([0, 0, 1, 2, 5, 30]))
    put = dice.choice([*TOKENS, data[end : end + 30], b"%c" % dice.randrange(256)])
    return data[:start] + put + data[end:]


def some_requests(dice: random.Random) -> Sending:
    """Make a few requests on one connection, most of them damaged, in pieces; some clients leave at once."""
    requests = [dice.choice(samples(dice)) for _ in range(dice.choice([1, 1, 2, 3]))]
    data = b"".join(damaged(request, dice) if dice.random() < 0.7 else request for request in requests)
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice([0, 1, 2, 4])))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return Sending(pieces, dice.choice(["waits", "waits", "waits", "FIN", "RST"]))


@pytest.mark.parametrize("seed", range(2))
async def test_damaged_requests_are_refused_and_never_fail(own_service: Service, seed: int) -> None:
    dice = random.Random(seed)
    sendings = [some_requests(dice) for _ in range(suite.pick(short=200, middle=500, long=20_000))]
    statuses = await all_answered(own_service.port, sendings)
    assert {status[:1] for status in statuses} >= {b"2", b"4"}
    assert [status for status in statuses if status >= b"5"] == []
