"""Processes that die and that come back too late: nothing acknowledged is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import signal
import time

from seatkeeper.http.cluster.placement import shard_of
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.shards import Place
from seatkeeper.storage.postgresql.storage import PostgresqlStorage
from tests.cluster.rig import SHARDS, Cluster, signal_to
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World
from tests.torture.rig.machinery import eventually
from tests.torture.rig.trial import SEED

NOW = "2026-11-28T00:00:00.000Z"
BACK = 10.0
"""Seconds in which an account answers again after the death of its shard."""

PLAN = "00000000-0000-7000-8000-000000000002"


def account_of_shard(cluster: Cluster, number: int) -> str:
    """Sign up until there is an account of this shard."""
    while True:
        body = {"account_name": "A", "user_name": "U", "plan_id": PLAN}
        made = cluster.send(0, "POST", "/v1/signups", body).json()["account"]["account_id"]
        if shard_of(f"account-{made}", SHARDS) == number:
            return str(made)


def rename(cluster: Cluster, edge: int, account_id: str, name: str) -> int:
    """Give an account another name; the status of the answer."""
    return cluster.send(edge, "PATCH", f"/v1/accounts/{account_id}", {"account_name": name}).status_code


async def test_a_shard_killed_under_load_loses_nothing_and_does_nothing_twice(cluster: Cluster) -> None:
    ledger, world = Ledger(cluster.folder, cluster.database), World(SEED)
    pid, account_id = cluster.pid_of_shard(1), account_of_shard(cluster, 1)
    loads = [Load(port, ledger, world, clients=8) for port in cluster.ports]
    async with loads[0], loads[1]:
        await asyncio.gather(*(load.answers(150) for load in loads))
        signal_to(pid, signal.SIGKILL)
        killed = time.monotonic()
        while await asyncio.to_thread(rename, cluster, 0, account_id, "again") != 200:
            assert time.monotonic() - killed < BACK, cluster.errors()[-3000:]
        back = time.monotonic() - killed
        await asyncio.gather(*(load.answers(150) for load in loads))
    unknown = len(ledger.unknown)
    ledger.recovered()
    await ledger.resolve(cluster.ports[1])
    ledger.finish()
    ledger.assert_well()
    print(f"back after {back:.1f} s; {unknown} of unknown outcome; {dict(ledger.outcomes)}")
    assert cluster.pid_of_shard(1) != pid


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
