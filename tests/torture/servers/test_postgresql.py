"""C4: the service on PostgreSQL is killed, and the server under it is; what was acknowledged is there."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests import suite
from tests.postgresql.server import Server, running_server
from tests.service import LOOPBACK, Service
from tests.torture.rig.ledger import Ledger, recovered
from tests.torture.rig.load import Load
from tests.torture.rig.machinery import eventually
from tests.torture.rig.trial import Trial

ROUNDS = suite.pick(short=2, middle=4, long=200)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test's own."""
    with running_server() as server:
        yield server


def begin(trial: Trial, server: Server, fault: str) -> tuple[Service, Ledger]:
    """Prepare a service on an empty database, and the ledger of it."""
    trial.fault = fault
    address = server.url(server.new_database())
    arguments = ("--database", address, *LOOPBACK, "--starter-plans")
    return trial.service(arguments=arguments), trial.ledger(trial.database, address)


async def test_c4_the_service_is_killed_under_load(trial: Trial, server: Server) -> None:
    service, ledger = begin(trial, server, "C4 killed")
    world = trial.world()
    for _ in range(ROUNDS):
        service.start()
        async with Load(service.port, ledger, world, clients=16) as load:
            await load.answers(world.random.randint(1, 300))
            service.kill()
        await recovered(service, ledger)
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()


async def test_c4_the_server_is_killed_under_load(trial: Trial, server: Server) -> None:
    service, ledger = begin(trial, server, "C4 server")
    world = trial.world()
    service.start()
    for _ in range(ROUNDS):
        async with Load(service.port, ledger, world, clients=16) as load:
            await load.answers(world.random.randint(1, 300))
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            await load.answers(16)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(eventually, lambda: is_ready(service), 60, "ready again")
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.assert_well()
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()


def is_ready(service: Service) -> bool:
    """Whether it says that it serves writes."""
    return service.get("/readyz").status_code == 200
