"""A1, A2, A6: clients that go away, that are slow, that come in masses. The others are served as before."""

from __future__ import annotations

import asyncio
import random
import resource
from collections.abc import Awaitable, Callable, Mapping

import pytest

from tests import suite
from tests.service import Service
from tests.torture.rig import commands
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import FREE, Load, warmed_up
from tests.torture.rig.machinery import Strace, at_rest, eventually, is_back, need, nothing_under_way
from tests.torture.rig.trial import Trial
from tests.wire import BROKEN, Connection, request

HOST = b"Host: localhost\r\n"


async def gone_away(port: int, ledger: Ledger, chance: random.Random, *, reset: bool) -> None:
    """Send a command, whole or in part, and go away at once or a little later, without reading."""
    command = commands.sign_up(FREE)
    data = request(command.method, command.path, command.body, command.headers)
    ledger.send(command)
    connection = await Connection.open(port)
    await connection.send(data if chance.random() < 0.7 else data[: chance.randrange(len(data))])
    await asyncio.sleep(chance.choice((0, 0, 0.0005, 0.002, 0.01)))  # before, during or after the commit
    if reset:
        await connection.reset()
    else:
        await connection.close()


@pytest.mark.parametrize("reset", [False, True], ids=["close", "RST"])
@pytest.mark.parametrize("slow", [pytest.param(False, id=""), pytest.param(True, id="slow disk", marks=suite.thorough)])
async def test_a1_a_client_that_goes_away_leaves_its_command_done_or_not(
    trial: Trial,
    reset: bool,  # noqa: FBT001 - a case
    slow: bool,  # noqa: FBT001 - a case
) -> None:
    ledger, world = trial.begin("A1"), trial.world()
    chance = world.random
    with Service(trial.database) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        count = suite.pick(short=60, middle=240, long=3_000)
        if slow:
            need("strace", root=True)
            with Strace(service, "fdatasync:delay_enter=5000"):
                await in_turns(count, lambda: gone_away(service.port, ledger, chance, reset=reset))
                eventually(lambda: nothing_under_way(service), 30, "all is done")
        else:
            await in_turns(count, lambda: gone_away(service.port, ledger, chance, reset=reset))
            eventually(lambda: nothing_under_way(service), 30, "all is done")
        trial.rounds += count
        ledger.recovered()
        await ledger.resolve(service.port)
        is_back(service, base)
        ledger.finish()
    ledger.assert_well()


async def in_turns(count: int, act: Callable[[], Awaitable[None]], width: int = 20) -> None:
    """Let this be done so often, a few at a time."""
    for _ in range(count // width):
        await asyncio.gather(*(act() for _ in range(width)))


async def slow_headers(connection: Connection) -> None:
    await connection.send(b"POST /v1/signups HTTP/1.1\r\nHost:")
    await trickle(connection, b" localhost")


async def slow_body(connection: Connection) -> None:
    head = b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    await connection.send(b"POST /v1/signups HTTP/1.1\r\n" + HOST + head)
    await trickle(connection, b'{"account_name": "slow" ')


async def slow_chunks(connection: Connection) -> None:
    head = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    await connection.send(b"POST /v1/signups HTTP/1.1\r\n" + HOST + head)
    await trickle(connection, b"1\r\n{\r\n1\r\n \r\n1\r\n ")


async def trickle(connection: Connection, data: bytes) -> None:
    """Send a byte now and then, to look busy."""
    for number in range(len(data)):
        await connection.send(data[number : number + 1])
        await asyncio.sleep(0.05)  # the slowness is the attack


async def reads_nothing(connection: Connection) -> None:
    ask = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
    for _ in range(50):
        await connection.send(ask)


SLOW: Mapping[str, Callable[[Connection], Awaitable[None]]] = {
    "headers": slow_headers,
    "body": slow_body,
    "chunks": slow_chunks,
    "reader": reads_nothing,
}
DEADLINES = ("--header-deadline", "1", "--body-deadline", "1", "--write-deadline", "1")


TOGETHER = [list(SLOW)] if suite.FORM == "short" else [list(SLOW), *([attack] for attack in SLOW)]


@suite.thorough
@pytest.mark.parametrize("attacks", TOGETHER, ids=",".join)
async def test_a2_slow_clients_are_cut_off_and_the_others_are_served(trial: Trial, attacks: list[str]) -> None:
    ledger, world = trial.begin("A2"), trial.world()
    with Service(trial.database, *DEADLINES) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        crowd = attacks * suite.pick(short=10, middle=20, long=60)
        slow = await asyncio.gather(*(started(service, attack) for attack in crowd))
        others = Load(service.port, ledger, world, clients=4)
        async with others:
            await others.answers(100)
        assert {record.outcome for record in others.records} <= {"done", "refused"}
        await asyncio.to_thread(eventually, lambda: at_rest(service).files < base.files + 5, 60, "all are cut off")
        for connection, task in slow:
            task.cancel()
            await connection.reset()
        await asyncio.gather(*(task for _, task in slow), return_exceptions=True)
        is_back(service, base)
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.finish()
    trial.rounds = len(slow)
    ledger.assert_well()


async def started(service: Service, attack: str) -> tuple[Connection, asyncio.Task[None]]:
    """A slow client at work, on a connection with a small window."""
    connection = await Connection.open(service.port, receive_buffer=4096 if attack == "reader" else None)
    if attack == "reader":
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    return connection, asyncio.create_task(attempt(SLOW[attack], connection))


async def attempt(act: Callable[[Connection], Awaitable[None]], connection: Connection) -> None:
    try:
        await act(connection)
    except BROKEN:
        return


@suite.thorough
async def test_a6_pipelined_requests_are_answered_in_order(trial: Trial) -> None:
    ledger, world = trial.begin("A6 pipelined"), trial.world()
    count = suite.pick(short=300, middle=1_500, long=10_000)
    with Service(trial.database) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        sent = [commands.sign_up(FREE) for _ in range(count)]
        records = [ledger.send(command) for command in sent]
        async with await Connection.open(service.port) as connection:
            data = b"".join(request(c.method, c.path, c.body, c.headers) for c in sent)
            sending = asyncio.create_task(connection.send(data))
            for record in records:
                answer = await connection.receive()
                record.note(answer)
                assert f'"{record.command.effect.mark}"'.encode() in answer.body
            await sending
        trial.rounds = count
        ledger.recovered()
        await ledger.resolve(service.port)
        is_back(service, base)
        ledger.finish()
    ledger.assert_well()


@suite.thorough
async def test_a6_masses_of_connections_are_bounded_and_the_rest_is_served(trial: Trial) -> None:
    ledger, world = trial.begin("A6 connections"), trial.world()
    count = suite.pick(short=600, middle=1_500, long=10_000)
    bound = suite.pick(short=400, middle=1_000, long=5_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 1_000:
        pytest.skip(f"needs {count + 1_000} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 1_000), hard))
    with Service(trial.database, "--connections", str(bound)) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        load = Load(service.port, ledger, world, clients=4)
        async with load:
            await load.answers(20)  # these have their connections already
            opened = [await Connection.open(service.port) for _ in range(count)]
            await load.answers(200)
            assert at_rest(service).files <= base.files + bound + 100  # some are just being turned away
            tried = await asyncio.gather(*(status(connection) for connection in opened))
            for connection in opened:
                await connection.reset()
        assert set(tried) <= {200, 503, 0}, set(tried)
        assert bound // 2 <= tried.count(200) <= bound  # idle ones may have made room
        assert all(record.outcome in {"done", "refused"} for record in load.records)
        is_back(service, base)
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.finish()
    trial.rounds = count
    ledger.assert_well()


async def status(connection: Connection) -> int:
    """The status that a request gets here, 0 where the connection is closed at once."""
    try:
        return (await connection.ask("GET", "/livez")).status
    except BROKEN:
        return 0
