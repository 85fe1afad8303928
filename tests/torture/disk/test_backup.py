"""F15: copies that are made while the service works. Every one passes `verify`, and can be served."""

from __future__ import annotations

import asyncio

from tests import suite
from tests.service import Service, run_to_its_end
from tests.torture.rig.ledger import complaint_of_verify
from tests.torture.rig.load import Load
from tests.torture.rig.oracle import Journal
from tests.torture.rig.trial import Trial


@suite.thorough
async def test_f15_every_backup_under_load_is_whole(trial: Trial) -> None:
    ledger, world = trial.begin("F15"), trial.world()
    journal, copy = Journal(), trial.database
    with Service(trial.database) as service:
        for number in range(suite.pick(short=1, middle=5, long=50)):
            copy = trial.folder / f"copy-{number}.db"
            async with Load(service.port, ledger, world, clients=4) as load:
                await load.answers(100)
                acknowledged = [record for record in load.records if record.outcome == "done"]
                made = await asyncio.to_thread(run_to_its_end, "backup", "--database", str(trial.database), str(copy))
            assert made.status == 0, made
            assert complaint_of_verify(copy) == ""
            journal = Journal()
            journal.read_on(copy)
            assert journal.gaps + journal.broken == []
            assert [r for r in acknowledged if len(journal.effects.get(r.command.effect, [])) != 1] == []
            trial.rounds += 1
        ledger.recovered()
        await ledger.resolve(service.port)
    with Service(copy) as restored:
        assert restored.get("/readyz").status_code == 200
        last = len(journal.places)
        assert restored.get("/v1/events", after=last - 1).json()["last_position"] == last
    ledger.finish()
    ledger.assert_well()
