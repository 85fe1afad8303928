"""The head of Ray dies: what is there goes on, and everything comes again once the operator has started it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import suite
from tests.cluster.nodes.machines import HEAD, WORKER
from tests.cluster.nodes.rig import Site, running_site
from tests.cluster.rig import SHARDS
from tests.cluster.settling import account_of_shard, answers_again, settle
from tests.postgresql.server import Server
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World
from tests.torture.rig.trial import SEED


@pytest.fixture
def site(postgresql: Server, tmp_path: Path) -> Iterator[Site]:
    """A cluster of this test's own."""
    with running_site(postgresql, tmp_path) as site:
        yield site


@suite.thorough
async def test_a_head_that_comes_again_knows_nobody_and_the_cluster_that_is_started_anew_has_lost_nothing(
    site: Site, tmp_path: Path
) -> None:
    cluster, nodes = site.cluster, site.nodes
    ledger, world = Ledger(tmp_path, cluster.database), World(SEED)
    accounts = [account_of_shard(cluster, number) for number in range(SHARDS)]
    async with Load(cluster.ports[0], ledger, world, clients=8) as load:
        await load.answers(100)
        await asyncio.to_thread(nodes.end, HEAD)
        await asyncio.to_thread(nodes.start, HEAD)
        assert await asyncio.to_thread(cluster.wait) == 1
    assert "Ray knows the shards no more" in cluster.errors()
    nodes.end(WORKER)
    nodes.start(WORKER)
    cluster.start()
    for account_id in accounts:
        await asyncio.to_thread(answers_again, cluster, account_id)
    await settle(cluster, ledger)
