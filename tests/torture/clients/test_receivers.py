"""W1: webhooks while the service is killed, and while the network to the receiver is cut."""

from __future__ import annotations

import asyncio

from tests import suite
from tests.events_out.webhooks.receiver import receiving
from tests.service import Service
from tests.torture.rig.ledger import recovered
from tests.torture.rig.load import Load
from tests.torture.rig.receivers import ALLOWED, Network, Refusing, a_webhook, came, check, everything_comes
from tests.torture.rig.trial import Trial

ROUNDS = suite.pick(short=2, middle=4, long=60)
CLIENTS = 4
"""Few, so that the receiver, which runs in this process too, keeps up with them."""


@suite.thorough
async def test_w1_a_service_that_is_killed_skips_nothing_and_repeats_with_the_same_id(trial: Trial) -> None:
    ledger, world = trial.begin("W1 killed"), trial.world()
    async with receiving(Refusing()) as receiver:
        with Service(trial.database, *ALLOWED) as service:
            secret = await a_webhook(service, receiver.url())
            for _ in range(ROUNDS):
                async with Load(service.port, ledger, world, clients=CLIENTS) as load:
                    await load.answers(world.random.randrange(1, 200))
                    await receiver.until(came(receiver, world.random.randrange(1, 100)))
                    await asyncio.to_thread(service.kill)
                await recovered(service, ledger)
                await asyncio.to_thread(service.start)
                trial.rounds += 1
            await everything_comes(receiver, ledger)
    check(receiver, secret, ledger)
    ledger.finish()
    ledger.assert_well()


@suite.thorough
async def test_w1_a_network_that_is_cut_again_and_again_loses_nothing(trial: Trial) -> None:
    ledger, world = trial.begin("W1 cut"), trial.world()
    async with receiving() as receiver:
        network = Network(receiver.port, world.random)
        async with network.listening() as port:
            with Service(trial.database, *ALLOWED) as service:
                secret = await a_webhook(service, f"http://127.0.0.1:{port}/in")
                for _ in range(ROUNDS):
                    async with Load(service.port, ledger, world, clients=CLIENTS) as load:
                        await receiver.until(came(receiver, 50))
                        network.fall()
                        await load.answers(50)
                        network.down = False
                        await receiver.until(came(receiver, 50))
                    assert {record.outcome for record in load.records} <= {"done", "refused", "not now"}
                    trial.rounds += 1
                ledger.recovered()
                await ledger.resolve(service.port)
                await everything_comes(receiver, ledger)
    assert network.cuts > 2 * ROUNDS
    check(receiver, secret, ledger)
    ledger.finish()
    ledger.assert_well()
