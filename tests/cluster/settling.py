"""What the tests of faults share: an account of each shard, and what has to hold after a fault."""

from __future__ import annotations

from seatkeeper.http.cluster.placement import shard_of
from tests.cluster.rig import SHARDS, Cluster
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.machinery import eventually

BACK = 60.0
"""Seconds in which an account answers again after the death of its shard, on a machine that is busy with other tests;
docs/scaling.md has what was measured."""

PLAN = "00000000-0000-7000-8000-000000000002"


def account_of_shard(cluster: Cluster, number: int) -> str:
    """Sign up until there is an account of this shard."""
    while True:
        body = {"account_name": "A", "user_name": "U", "plan_id": PLAN}
        made = cluster.send(0, "POST", "/v1/signups", body).json()["account"]["account_id"]
        if shard_of(f"account-{made}", SHARDS) == number:
            return str(made)


def answers_again(cluster: Cluster, account_id: str) -> None:
    """Wait until an account takes commands again, while Ray starts its shard anew."""
    eventually(lambda: rename(cluster, 0, account_id, "again") == 200, BACK, lambda: cluster.errors()[-3000:])


async def settle(cluster: Cluster, ledger: Ledger) -> None:
    """Find out what became of everything, and compare it with what was promised."""
    ledger.recovered()
    await ledger.resolve(cluster.ports[1])
    ledger.finish()
    ledger.assert_well()


def rename(cluster: Cluster, edge: int, account_id: str, name: str) -> int:
    """Give an account another name; the status of the answer."""
    return cluster.send(edge, "PATCH", f"/v1/accounts/{account_id}", {"account_name": name}).status_code
