"""A3, A4, A5, A9: requests that mean harm. None makes a 5xx, none changes anything, none costs memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

import pytest

from tests import suite
from tests.service import Service
from tests.torture.rig.load import FREE, warmed_up
from tests.torture.rig.machinery import Footprint, at_rest, is_back
from tests.torture.rig.trial import Trial
from tests.wire import BROKEN, Answer, Connection, request

POST = b"POST /v1/signups HTTP/1.1\r\n"
HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
SIGN_UP = b'{"account_name": "Engines", "user_name": "Ada", "plan_id": "' + FREE.encode() + b'"}'
NO_SIGN_UP = SIGN_UP.replace(FREE.encode(), b"99999999-9999-7999-8999-999999999999")
"""There is no such plan, so that it makes nothing even where it is damaged only in the names."""


class Attacked(NamedTuple):
    """A service that is attacked, and what it was like before."""

    trial: Trial
    service: Service
    base: Footprint

    async def send(self, data: bytes) -> Answer | None:
        """Send these bytes on a connection of their own; the first answer, or None if it was closed without one."""
        async with await Connection.open(self.service.port) as connection:
            sending = asyncio.ensure_future(connection.send(data))
            try:
                return await connection.receive()
            except BROKEN:
                return None
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
                self.trial.rounds += 1


def is_refused(answer: Answer | None, statuses: Sequence[int] = ()) -> bool:
    """Whether this is a problem with a status from 400 to 499 or, if 0 is among the statuses, a closed connection."""
    if answer is None:
        return 0 in statuses
    return bool(answer.slug) and (answer.status in statuses if statuses else 400 <= answer.status < 500)


def is_malformed(answer: Answer | None) -> bool:
    """Whether this is aiohttp's answer to what is no HTTP."""
    return answer is not None and answer.status == 400 and answer.headers["content-type"].startswith("text/plain")


@pytest.fixture
async def attacked(trial: Trial, request: pytest.FixtureRequest) -> AsyncIterator[Attacked]:
    """A service that is what it was after the attack: nothing is done, nothing is held, nothing has failed."""
    ledger, world = trial.begin(request.node.name.split("_")[1].upper()), trial.world()
    with Service(trial.database, "--access-log") as service:
        await warmed_up(service, ledger, world)
        ledger.recovered()
        attacked, events = Attacked(trial, service, at_rest(service)), len(ledger.journal.places)
        yield attacked
        is_back(service, attacked.base)
        assert service.get("/readyz").status_code == 200
        await ledger.resolve(service.port)
        ledger.finish()
        assert len(ledger.journal.places) == events, "something was done"
    errors = service.errors()
    assert "Traceback" not in errors, errors[-3000:]
    assert [line for line in errors.splitlines() if not is_json(line)] == []
    ledger.assert_well()


def is_json(line: str) -> bool:
    """Whether a line of the log is one JSON object with nothing that a terminal would obey."""
    return line.isprintable() and isinstance(json.loads(line), dict)


def chunked(body: bytes, size: int) -> bytes:
    """A body in chunks of this size."""
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def with_length(length: int, body: bytes, more: bytes = b"") -> bytes:
    """A sign-up that announces this length."""
    return POST + HOST + JSON + more + b"Content-Length: %d\r\n\r\n" % length + body


CHUNKED = POST + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE: Mapping[str, tuple[bytes, tuple[int, ...]]] = {
    "a terabyte announced": (with_length(2**40, b"{"), (413,)),
    "20 digits announced": (with_length(10**20, b"{"), (400, 413)),
    "10 MB sent": (with_length(10_000_000, b" " * 10_000_000), (413, 0)),
    "10 MB in chunks": (CHUNKED + chunked(b" " * 10_000_000, 60_000), (413, 0)),
    "a million chunks of a byte": (CHUNKED + chunked(b" " * 1_000_000, 1), (413, 0)),
    "gzip": (with_length(len(gzip.compress(SIGN_UP)), gzip.compress(SIGN_UP), b"Content-Encoding: gzip\r\n"), (415,)),
    "a gzip bomb": (
        with_length(
            len(gzip.compress(bytes(10_000_000))), gzip.compress(bytes(10_000_000)), b"Content-Encoding: gzip\r\n"
        ),
        (415,),
    ),
    "a chunk that is no number": (CHUNKED + b"zz\r\n", (400,)),
    "a chunk of 2^64": (CHUNKED + b"ffffffffffffffffff\r\n", (400, 413)),
}


@suite.thorough
async def test_a3_a_body_that_is_too_large_is_refused_early(attacked: Attacked) -> None:
    wrong = {}
    for _ in range(suite.pick(short=1, middle=3, long=20)):
        for attack, (data, statuses) in LARGE.items():
            answer = await attacked.send(data)
            if not is_refused(answer, statuses) and not (400 in statuses and is_malformed(answer)):
                wrong[attack] = answer
            assert at_rest(attacked.service).resident < attacked.base.resident + 32 * 1_048_576, attack
    assert wrong == {}


VALUES = (
    *(b"[" * 20_000, b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 5_000, b"9" * 5_000, b"-1", b"1.0", b"1e999", b"NaN"),
    *(b"9223372036854775808", b"18446744073709551616", b"Infinity", b"null", b"true", b"[]", b"{}", b'""', b"0x1"),
    *(b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\x00"', b'"\n"'),
    *(
        b'"' + b"x" * 60_000 + b'"',
        b'"\\x41"',
        b"'a'",
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"//",
        b"",
        b'"\\',
        b"\xef\xbb\xbf1",
    ),
)
BODIES = (
    ("POST", "/v1/signups", b'{"account_name": %s, "user_name": "Ada", "plan_id": "' + FREE.encode() + b'"}'),
    ("POST", "/v1/signups", b'{"account_name": "Engines", "user_name": "Ada", "plan_id": %s}'),
    ("POST", "/v1/plans", b'{"name": "Team", "type": "team", "package": {"total_seats": %s, "user_limit": 1}}'),
    ("POST", "/v1/plans", b'{"name": "Team", "type": "team", "package": %s}'),
    ("PUT", f"/v1/plans/{FREE}/package", b'{"total_seats": 1, "user_limit": %s}'),
)


@suite.thorough
async def test_a4_no_value_that_json_can_or_cannot_hold_makes_a_server_error(attacked: Attacked) -> None:
    async with await Connection.open(attacked.service.port) as connection:
        for method, path, template in BODIES:
            for value in VALUES:
                answer = await connection.ask(method, path, template % value)
                assert answer.status in {400, 404}, (template % value)[:300]
                assert answer.slug
                attacked.trial.rounds += 1


@suite.thorough
async def test_a4_a_damaged_body_makes_no_server_error(attacked: Attacked) -> None:
    chance = random.Random(attacked.trial.seed)
    async with await Connection.open(attacked.service.port) as connection:
        for _ in range(suite.pick(short=300, middle=1_500, long=20_000)):
            body = mangled(NO_SIGN_UP, chance)
            answer = await connection.ask("POST", "/v1/signups", body)
            assert answer.status in {400, 404}, body
            attacked.trial.rounds += 1


def mangled(data: bytes, chance: random.Random) -> bytes:
    """Cut, flip, double or swap a few bytes of it."""
    for _ in range(chance.randrange(1, 4)):
        place, other = chance.randrange(len(data)), chance.randrange(len(data))
        data = chance.choice(
            (
                data[:place] + data[place + 1 :],
                data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :],
                data[:place] + data[other:],
                data[:other] + data[place : place + 20] + data[other:],
            )
        )
        data = data or b"{"
    return data


HTTP: Mapping[str, tuple[bytes, tuple[int, ...]]] = {
    "10,000 headers": (
        b"GET /livez HTTP/1.1\r\n" + HOST + b"".join(b"x%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        (),
    ),
    "a header of a megabyte": (
        b"GET /livez HTTP/1.1\r\n" + HOST + b"x: " + b"y" * 1_000_000 + b"\r\n\r\n",
        (400, 431, 0),
    ),
    "a path of a megabyte": (b"GET /" + b"y" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", (400, 414, 431, 0)),
    "bare LF": (b"GET /livez HTTP/1.1\nHost: localhost\n\n", (400,)),
    "two lengths": (POST + HOST + JSON + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", (400,)),
    "length and chunks": (
        POST + HOST + JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        (400,),
    ),
    "a negative length": (POST + HOST + JSON + b"Content-Length: -1\r\n\r\n", (400,)),
    "a length that is no number": (POST + HOST + JSON + b"Content-Length: 1_0\r\n\r\n", (400,)),
    "two hosts": (b"GET /livez HTTP/1.1\r\n" + HOST + b"Host: elsewhere\r\n\r\n", (400,)),
    "HTTP/0.9": (b"GET /livez\r\n\r\n", (400, 505)),
    "HTTP/3.0": (b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n", (400, 505)),
    "CONNECT": (b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", ()),
    "TLS": (bytes.fromhex("16030100a5010000a10303") + bytes(150), (400, 0)),
    "NUL in a header": (b"GET /livez HTTP/1.1\r\n" + HOST + b"x: a\x00b\r\n\r\n", (400,)),
    "a header that is folded": (b"GET /livez HTTP/1.1\r\n" + HOST + b"x: a\r\n b: c\r\n\r\n", (400,)),
    "a space before the colon": (b"GET /livez HTTP/1.1\r\n" + HOST + b"x : a\r\n\r\n", (400,)),
    "no headers that end": (b"\r\n" * 100_000 + b"x", (400, 0)),
}


async def test_a5_malformed_http_is_refused_and_the_connection_closed(attacked: Attacked) -> None:
    wrong = {}
    for attack, (data, statuses) in HTTP.items():
        async with await Connection.open(attacked.service.port) as connection:
            sending = asyncio.ensure_future(connection.send(data))
            answer, more = None, b""
            try:
                answer = await connection.receive()
                more = await connection.ended(10)
            except BROKEN as error:
                more = b"" if isinstance(error, ConnectionError | asyncio.IncompleteReadError) else b"not closed"
            await asyncio.gather(sending, return_exceptions=True)
        if more or not (is_refused(answer, statuses) or is_malformed(answer)):
            wrong[attack] = answer, more
        attacked.trial.rounds += 1
    assert wrong == {}


@suite.thorough
async def test_a5_noise_is_refused(attacked: Attacked) -> None:
    chance = random.Random(attacked.trial.seed)
    sound = request("GET", f"/v1/plans/{FREE}", None, {"If-None-Match": '"1"', "Connection": "close"})
    for _ in range(suite.pick(short=200, middle=1_000, long=5_000)):
        async with await Connection.open(attacked.service.port) as connection:
            await connection.send(mangled(sound, chance))
            connection.writer.write_eof()
            try:
                answer = await connection.receive()
            except BROKEN:
                pass
            else:
                assert answer.status < 500 or answer.status == 505, answer
        attacked.trial.rounds += 1


PATHS = (
    *("/v1/accounts/..%2fplans", "/v1/accounts/%00", "/v1/accounts/%ff", "/v1/accounts/%0d%0aSet-Cookie:%20a=b"),
    *(
        "/v1/accounts/%1b%5b2J",
        "/v1/accounts/" + "%41" * 500,
        "/v1/plans/..%2f..%2flivez",
        "/v1//plans",
        "/%2e%2e/livez",
    ),
    *(
        "/v1/plans?limit=1e9",
        "/v1/plans?limit=1000000000",
        "/v1/plans?limit=-1",
        "/v1/plans?limit=0x10",
        "/v1/plans?limit=",
    ),
    *("/v1/plans?cursor=x", "/v1/accounts?cursor=%00", "/v1/accounts?cursor=ZXZlbnRzOjI", "/v1/events?after=-1"),
    *(
        "/v1/events?after=9223372036854775808",
        "/v1/events?after=nan",
        "/v1/plans?status=%1b%5b31m",
        "/v1/plans?unknown=1",
    ),
)


async def test_a9_an_address_that_means_harm_is_refused(attacked: Attacked) -> None:
    answers = {path: await attacked.send(request("GET", path)) for path in PATHS}
    assert {path: answer for path, answer in answers.items() if not is_refused(answer)} == {}


FORGED = ("a\x1b[2Jb", "a\tb", "a\u2028b", 'a"}\u0085{"level":"error"', "%0d%0a%1b[31m")


async def test_a9_nobody_writes_a_line_of_the_log_for_us(attacked: Attacked) -> None:
    for forged in FORGED:
        for name in ("X-Request-Id", "User-Agent", "Idempotency-Key", "If-Match"):
            data = request("POST", "/v1/signups?x=" + forged.replace(" ", ""), b"{}").replace(
                HOST, HOST + f"{name}: {forged}\r\n".encode()
            )
            answer = await attacked.send(data)
            assert answer is None or 400 <= answer.status < 500, answer
