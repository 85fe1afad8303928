"""F1, F2, F16: the process is killed at random, at each of its steps on the disk, and asked to stop under load."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests import suite
from tests.service import Service
from tests.torture.rig.ledger import Ledger, recovered
from tests.torture.rig.load import Load, World
from tests.torture.rig.machinery import Strace, need, planted
from tests.torture.rig.trial import Trial


async def killed_under_load(service: Service, ledger: Ledger, world: World, seconds: float) -> None:
    """Run the service under load, and kill it after so many seconds."""
    service.start()
    async with Load(service.port, ledger, world):
        await asyncio.sleep(seconds)  # the moment is the fault: any one will do
        service.kill()


async def test_f1_killed_at_random_under_load(trial: Trial) -> None:
    ledger, world = trial.begin("F1"), trial.world()
    service = trial.service()
    with service:
        pass
    for _ in range(suite.pick(short=3, middle=12, long=500)):
        await killed_under_load(service, ledger, world, world.random.uniform(0.005, 0.5))
        await recovered(service, ledger)
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()


STEPS = {
    # Each commit writes some 20 pieces; with frequent checkpoints, all steps of one are among the first hundreds.
    "pwrite64": suite.pick(short=range(1, 400, 150), middle=range(1, 400, 50), long=range(1, 400)),
    "fdatasync": suite.pick(short=range(1, 12, 5), middle=range(1, 40, 6), long=range(1, 40)),
}


@suite.thorough
@pytest.mark.parametrize("call", STEPS)
async def test_f2_killed_at_every_step_on_the_disk(trial: Trial, call: str) -> None:
    need("strace", root=True)
    ledger, world = trial.begin(f"F2 {call}"), trial.world()
    service = trial.service(program=planted("frequent-checkpoints"))
    for step in STEPS[call]:
        service.start()
        with Strace(service, f"{call}:signal=SIGKILL:when={step}"):
            async with Load(service.port, ledger, world, clients=8):
                await asyncio.to_thread(service.wait)
        assert service.kill() == -signal.SIGKILL
        await recovered(service, ledger)
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()


@suite.thorough
async def test_f16_asked_to_stop_with_a_thousand_in_flight(trial: Trial) -> None:
    ledger, world = trial.begin("F16"), trial.world()
    service = trial.service()
    for signals in (1, 2) * suite.pick(short=1, middle=2, long=10):
        service.start()
        async with Load(service.port, ledger, world, clients=1_000) as load:
            await load.answers(1_000)
            async with asyncio.timeout(60):
                while len(in_flight := ledger.unknown) < 500:
                    await load.answers(1)
            for _ in range(signals):
                service.terminate()
            await asyncio.to_thread(service.wait)
        assert service.stop() == 0, service.errors()[-2000:]
        assert [record for record in in_flight if record.outcome == "unknown"] == []
        await recovered(service, ledger)
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()
