"""A rolling restart: all processes are new ones at its end, and no command is lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.cluster.rig import SHARDS, running_cluster
from tests.cluster.settling import BACK, settle
from tests.postgresql.server import Server
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World
from tests.torture.rig.trial import SEED

EDGES = 2


async def test_a_rolling_restart_under_load_loses_no_command(
    postgresql: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_cluster(postgresql, tmp_path_factory.mktemp("restarted"), "--reuse-port") as cluster:
        ledger, world = Ledger(cluster.folder, cluster.database), World(SEED)
        before = await asyncio.to_thread(cluster.processes)
        async with Load(cluster.ports[0], ledger, world, clients=8) as load:
            await load.answers(100)
            ended = await asyncio.to_thread(cluster.run, "restart", BACK * 4)
            await load.answers(100)
        assert ended.status == 0, ended.errors
        after = await asyncio.to_thread(cluster.processes)
        for old, new, count in zip(before, after, (SHARDS, EDGES), strict=True):
            assert len(old) == len(new) == count
            assert new.isdisjoint(old)
        await settle(cluster, ledger)
