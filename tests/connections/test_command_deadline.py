"""A command whose outcome does not come: its client is told that nobody knows, and hears nothing twice."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

import msgspec
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request

from seatkeeper.actors.accounts.refusals import AccountExists
from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.messages import Outcome
from seatkeeper.http.edge import Edge
from seatkeeper.http.metrics import Metrics
from seatkeeper.http.outside import Clock, IdSource
from seatkeeper.http.table import ROUTES

BODY = b'{"account_name":"Engines","user_name":"Ada","plan_id":"00000000-0000-7000-8000-000000000001"}'


class Nobody:
    """A coordinator that never answers."""

    def __init__(self) -> None:
        self.asked: list[LoopFuture[Outcome]] = []

    def ask_here(self, _message: object) -> LoopFuture[Outcome]:
        self.asked.append(LoopFuture())
        return self.asked[-1]


async def nothing(_key: str) -> None:
    """Find no receipt."""


def edge(nobody: Nobody, command_deadline: float) -> Edge:
    service = Mock(find_receipt=nothing, coordinate=nobody.ask_here, now=Clock(), new_id=IdSource(), currency="EUR")
    return Edge(
        service,
        ROUTES,
        Metrics(),
        in_flight=10,
        command_deadline=command_deadline,
        body_deadline=1.0,
        access_log=False,
        new_id=IdSource(),
    )


def sign_up(key: str = "") -> web.BaseRequest:
    payload = StreamReader(Mock(_reading_paused=False), 2**16, loop=asyncio.get_running_loop())
    payload.feed_data(BODY)
    payload.feed_eof()
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    return make_mocked_request("POST", "/v1/signups", headers=headers, payload=payload)


async def test_a_command_that_waits_too_long_has_an_unknown_outcome() -> None:
    nobody = Nobody()
    impatient = edge(nobody, command_deadline=0.0)
    answering = asyncio.ensure_future(impatient(sign_up()))
    await asyncio.sleep(0)
    impatient.sweep()
    response = await answering
    assert (response.status, msgspec.json.decode(response.body)["type"]) == (503, "/problems/outcome-unknown")
    nobody.asked[0].set(AccountExists())  # too late: nobody hears it, and nothing fails
    assert impatient.in_flight == 0


async def test_a_command_that_waits_within_its_deadline_is_left_alone() -> None:
    nobody = Nobody()
    patient = edge(nobody, command_deadline=60.0)
    answering = asyncio.ensure_future(patient(sign_up()))
    await asyncio.sleep(0)
    patient.sweep()
    nobody.asked[0].set(AccountExists())
    assert (await answering).status == 409


async def test_a_key_that_comes_again_while_its_command_is_under_way_is_not_asked_for_twice() -> None:
    nobody = Nobody()
    impatient = edge(nobody, command_deadline=0.0)
    for _ in range(2):
        answering = asyncio.ensure_future(impatient(sign_up("key")))
        while not answering.done():
            await asyncio.sleep(0)
            impatient.sweep()
        assert (await answering).status == 503
    assert len(nobody.asked) == 1
    nobody.asked[0].set(AccountExists())
    answering = asyncio.ensure_future(impatient(sign_up("key")))
    for _ in range(10):
        await asyncio.sleep(0)
    nobody.asked[1].set(AccountExists())
    assert (await answering).status == 409
