"""F17: an actor raises an unforeseen error. It alone is rebuilt."""

from __future__ import annotations

from tests import suite
from tests.contract.given import a_customer
from tests.contract.shapes import problem
from tests.service import Service
from tests.torture.rig import commands
from tests.torture.rig.load import Load, warmed_up
from tests.torture.rig.machinery import at_rest, is_back, planted
from tests.torture.rig.trial import Trial


@suite.thorough
async def test_f17_an_actor_that_fails_is_rebuilt_and_the_others_go_on(trial: Trial) -> None:
    ledger, world = trial.begin("F17"), trial.world()
    with Service(trial.database, program=planted("failing-actor")) as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        failing = a_customer(service, users=200)
        for number in range(1, suite.pick(short=3, middle=7, long=60)):
            async with Load(service.port, ledger, world, clients=8) as load:
                await load.answers(20)
                fault = problem(failing.post("/members", {"name": "fail"}), 500)
                assert fault.type == "/problems/internal-error"
                added = commands.add_member(failing.account_id)
                record = ledger.send(added)
                answer = failing.service.send(
                    added.method, added.path, added.body, {**added.headers, "Content-Type": "application/json"}
                )
                assert answer.status_code in {201, 500}  # 500 while an aggregate that fails again and again is paused
                record.outcome = "unknown"
                await load.answers(20)
            assert all(other.outcome in {"done", "refused"} for other in load.records)
            ledger.recovered()
            await ledger.resolve(service.port)
            assert len(failing.members()) == number + 1
            trial.rounds += 1
        assert service.get("/readyz").status_code == 200
        is_back(service, base)
        ledger.finish()
    ledger.assert_well()
