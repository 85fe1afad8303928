"""Each shard fires the timers of its own accounts, and asks plans that other shards own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.accounts.terms.events import TrialChanged
from seatkeeper.actors.accounts.values import MoveTo, PlanId, Then
from seatkeeper.actors.subscriptions.events import Package, PlanDefined
from seatkeeper.http.cluster.placement import shard_of
from tests.accounts.past import opened
from tests.cluster.rig import SHARDS, running_cluster
from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.storage.stores import account_id, plan_id
from tests.torture.rig.machinery import eventually

ACCOUNTS = 12
PLANS = (1, 2, 3, 4)
LONG_AGO = "2026-01-01T00:00:00.000Z"
DEADLINE = 60.0


def then(number: int) -> Then:
    """What comes after the trial of an account: every other one moves to a plan."""
    return "suspend" if number % 2 else MoveTo(PlanId(plan_id(1 + number // 2 % len(PLANS))))


async def _fill(url: str) -> None:
    """Write plans and accounts whose trials have ended long ago."""
    async with PostgresqlStore(url) as store:
        for number in PLANS:
            defined = PlanDefined(plan_id(number), "Plan", "plan", Package(5, 6), LONG_AGO)
            await store.plan(number).append(defined)
        for number in range(1, ACCOUNTS + 1):
            begun = opened(account_id=account_id(number))
            assert isinstance(begun[0], AccountOpened)
            await store.account(number).append(*begun, TrialChanged(LONG_AGO, then(number)))


def ended(url: str) -> Sequence[tuple[object, ...]]:
    """What has happened by itself: the accounts, the types of their events, and who caused these."""
    sql = 'SELECT stream_id, type, context FROM events WHERE context LIKE \'{"actor":"timer"%\' ORDER BY position'
    return asyncio.run(run(url, sql))


def test_trials_end_on_every_shard(postgresql: Server, tmp_path: Path) -> None:
    assert {shard_of(f"account-{account_id(number)}", SHARDS) for number in range(1, ACCOUNTS + 1)} == {0, 1}
    assert {shard_of(f"plan-{plan_id(number)}", SHARDS) for number in PLANS} == {0, 1}
    with running_cluster(postgresql, tmp_path, fill=lambda url: asyncio.run(_fill(url))) as cluster:
        url = cluster.database
        eventually(lambda: asyncio.run(run(url, "SELECT count(*) FROM timers"))[0][0] == 0, DEADLINE, "all are fired")
        what = [f"{stream_id} {kind}" for stream_id, kind, _ in ended(url)]
        for number in range(1, ACCOUNTS + 1):
            second = "account.suspended" if number % 2 else "account.plan_changed"
            own = [event for event in what if account_id(number) in event]
            assert own[:2] == [f"account-{account_id(number)} {kind}" for kind in ("trial.ended", second)]
            assert len(own) == 2
            shown = cluster.send(0, "GET", f"/v1/accounts/{account_id(number)}/timers").json()
            assert shown == {"items": [], "next_cursor": None}
