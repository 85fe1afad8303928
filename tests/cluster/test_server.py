"""The server of a cluster crashes: nothing acknowledged is lost, and all comes back by itself."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.cluster.rig import running_cluster
from tests.cluster.settling import account_of_shard, answers_again, settle
from tests.postgresql.server import running_server
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World
from tests.torture.rig.trial import SEED


async def test_a_server_that_crashes_under_load_loses_nothing(tmp_path: Path) -> None:
    with running_server() as server, running_cluster(server, tmp_path) as cluster:
        ledger, world = Ledger(cluster.folder, cluster.database), World(SEED)
        account_id = account_of_shard(cluster, 1)
        async with Load(cluster.ports[0], ledger, world, clients=8) as load:
            await load.answers(100)
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(answers_again, cluster, account_id)
            await load.answers(100)
        await settle(cluster, ledger)


def test_a_cluster_can_be_asked_and_stopped_while_its_server_is_away(tmp_path: Path) -> None:
    with running_server() as server, running_cluster(server, tmp_path) as cluster:
        server.stop(signal.SIGQUIT)
        told = cluster.run("status")
        assert told.output.count("shard ") == 2, told
        stopped = cluster.run("stop")
        assert stopped.status == 0, stopped
        assert cluster.wait() == 0
        server.start()
