"""Processes that die and that come back too late: nothing acknowledged is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import signal

from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import Place
from seatkeeper.storage.postgresql.storage import PostgresqlStorage
from tests.cluster.rig import SHARDS, Cluster, signal_to
from tests.cluster.settling import BACK, account_of_shard, answers_again, rename, settle
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World
from tests.torture.rig.machinery import eventually
from tests.torture.rig.trial import SEED

NOW = "2026-11-28T00:00:00.000Z"


async def test_shards_killed_under_load_lose_nothing_and_do_nothing_twice(cluster: Cluster) -> None:
    ledger, world = Ledger(cluster.folder, cluster.database), World(SEED)
    accounts = [account_of_shard(cluster, number) for number in range(SHARDS)]
    loads = [Load(port, ledger, world, clients=8) for port in cluster.ports]
    async with loads[0], loads[1]:
        for killed in (1, 0, 1):
            await asyncio.gather(*(load.answers(100) for load in loads))
            pid = await asyncio.to_thread(cluster.pid_of_shard, killed)
            signal_to(pid, signal.SIGKILL)
            await asyncio.to_thread(answers_again, cluster, accounts[killed])
            assert await asyncio.to_thread(cluster.pid_of_shard, killed) != pid
        await asyncio.gather(*(load.answers(100) for load in loads))
    await settle(cluster, ledger)


async def test_a_shard_that_went_on_after_it_was_taken_over_stores_nothing_and_ends(cluster: Cluster) -> None:
    account_id = account_of_shard(cluster, 1)
    zombie = cluster.pid_of_shard(1)
    signal_to(zombie, signal.SIGSTOP)
    late = asyncio.ensure_future(asyncio.to_thread(rename, cluster, 0, account_id, "by the zombie"))
    successor = PostgresqlStorage(
        Address(cluster.database),
        now=lambda: NOW,
        on_outcome_unknown=lambda: None,
        committed=lambda _events, _seconds: None,
        take_over=True,
        place=Place(1, SHARDS),
    )
    await successor.journal.open()
    try:
        signal_to(zombie, signal.SIGCONT)
        assert await late == 503
        names = [event.data for event in await successor.queries.stream(f"account-{account_id}", 0, 100)]
        assert not any("by the zombie" in name for name in names)
    finally:
        await asyncio.wait([asyncio.ensure_future(successor.journal.close())])
    eventually(lambda: cluster.pid_of_shard(1) != zombie, BACK * 3, "the zombie ends, and another takes its place")
    eventually(lambda: rename(cluster, 1, account_id, "by the next one") == 200, BACK, "the account answers")
