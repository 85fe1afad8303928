"""Four times the load that is taken: what is taken is done at the full rate, the rest hears "not now" at once."""

from __future__ import annotations

import statistics
import time

from tests.service import Service
from tests.torture.ledger import Ledger
from tests.torture.load import Load, World, warmed_up
from tests.torture.machinery import at_rest, is_back
from tests.torture.trial import Trial, short_or_long

TAKEN = 32
"""Requests under way that the service takes; four times as many clients ask."""


async def rate(load: Load, count: int) -> float:
    """Successes a second under this load, while so many commands are answered."""
    async with load:
        started = time.monotonic()
        await load.answers(count)
        seconds = time.monotonic() - started
        return len(load.seconds) / seconds


async def usual_rate(service: Service, ledger: Ledger, world: World) -> float:
    """What the service does under a load that it takes."""
    return await rate(Load(service.port, ledger, world, clients=TAKEN), 800)


async def test_overload_under_four_times_the_load_the_service_goes_on_at_its_rate(trial: Trial) -> None:
    ledger, world = trial.begin("overload"), trial.world()
    with Service(trial.database, "--in-flight", str(TAKEN)) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        before = min([await usual_rate(service, ledger, world) for _ in range(2)])
        for _ in range(short_or_long(1, 10)):
            load = Load(service.port, ledger, world, clients=4 * TAKEN)
            under = await rate(load, 4_000)
            assert at_rest(service).resident < base.resident + 64 * 1_048_576
            refused = [record.answer for record in load.records if record.outcome == "not now" and record.answer]
            assert len(refused) > 100
            assert {(answer.status, answer.slug) for answer in refused} == {(503, "overloaded")}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
            assert statistics.quantiles(load.seconds_not_now, n=100)[98] < 2
            assert under > before / 2  # without a moment before each refusal it is a third at best
            after = [await usual_rate(service, ledger, world) for _ in range(3)]
            assert max(after) > before / 2
            trial.rounds += 1
        is_back(service, base)
        ledger.recovered()
        await ledger.settle(service.port)
        ledger.finish()
    ledger.assert_well()
