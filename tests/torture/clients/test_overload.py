"""Four times the load that is taken: what is taken is done, and the rest is refused, and nothing is lost."""

from __future__ import annotations

from tests import suite
from tests.service import Service
from tests.torture.rig.load import Load, warmed_up
from tests.torture.rig.machinery import at_rest, gauge, is_back
from tests.torture.rig.trial import Trial

TAKEN = 32
"""Requests under way that the service takes; four times as many clients ask."""

REFUSED = 300
"""Commands that must be refused before the load ends."""


@suite.thorough
async def test_overload_of_four_times_the_load_every_command_is_answered_or_refused(trial: Trial) -> None:
    ledger, world = trial.begin("overload"), trial.world()
    with Service(trial.database, "--in-flight", str(TAKEN)) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        for _ in range(suite.pick(short=1, middle=3, long=10)):
            load = Load(service.port, ledger, world, clients=4 * TAKEN)
            async with load:
                while len(load.seconds_not_now) < REFUSED:
                    await load.answers(100)
                    assert gauge(service, "seatkeeper_requests_in_flight") <= TAKEN + 1
                    assert gauge(service, "seatkeeper_journal_waiting") <= TAKEN
                assert at_rest(service).resident < base.resident + 64 * 1_048_576
            refused = [record.answer for record in load.records if record.outcome == "not now" and record.answer]
            assert {(answer.status, answer.slug) for answer in refused} == {(503, "overloaded")}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
            assert load.seconds, "nothing was done"
            assert {record.outcome for record in load.records} <= {"done", "refused", "not now"}
            usual = Load(service.port, ledger, world, clients=TAKEN // 4)
            async with usual:
                await usual.answers(200)
            assert {record.outcome for record in usual.records} <= {"done", "refused"}
            trial.rounds += 1
        is_back(service, base)
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.finish()
    ledger.assert_well()
