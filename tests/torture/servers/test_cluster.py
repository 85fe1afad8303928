"""C5: shards, a node of Ray, the server and the network of a cluster fail at random under load."""

from __future__ import annotations

from pathlib import Path

from tests import suite
from tests.cluster.nodes.rig import running_site
from tests.postgresql.server import running_server
from tests.torture.rig.drill import Drill
from tests.torture.rig.trial import Trial

FAULTS = suite.pick(short=6, middle=18, long=200)
CLIENTS = suite.pick(short=16, middle=32, long=64)


async def test_c5_a_cluster_on_two_nodes_loses_nothing_and_does_nothing_twice(trial: Trial, tmp_path: Path) -> None:
    with running_server() as server, running_site(server, tmp_path) as site:
        trial.fault = "C5"
        ledger = trial.ledger(tmp_path, site.cluster.database)
        drill = Drill(site, ledger, trial.world(), clients=CLIENTS)
        for kind in drill.draw(FAULTS):
            await drill.fault(kind)
            trial.rounds += 1
            trial.notes = drill.report()
        ledger.finish()
        ledger.assert_well()
