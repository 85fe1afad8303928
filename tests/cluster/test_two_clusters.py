"""Two clusters on one database: the one that was started last has it, and the other ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import msgspec
import pytest
import requests

from tests.cluster.rig import SHARDS, Cluster, running_cluster, signal_to
from tests.cluster.settling import account_of_shard, answers_again, rename
from tests.postgresql.server import Server

TAKEN = "another process has taken the journal over"


class Two(msgspec.Struct):
    """A cluster, another one that has taken its database, and what the first one was asked and came to."""

    older: Cluster
    newer: Cluster
    accounts: list[str]
    status: int


@pytest.fixture(scope="module")
def two(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Two clusters, one after the other, of which the older one has ended by itself."""
    with running_cluster(postgresql, tmp_path_factory.mktemp("older")) as older:
        accounts = [account_of_shard(older, number) for number in range(SHARDS)]
        newer = Cluster(older.database, tmp_path_factory.mktemp("newer"))
        try:
            newer.start()
            yield Two(older, newer, accounts, older.wait())
        finally:
            newer.stop()


def test_the_older_one_ends_with_status_1_and_says_why(two: Two) -> None:
    assert two.status == 1
    assert "another has taken the database" in two.older.errors()
    logged = [line for line in two.older.errors().splitlines() if TAKEN in line]
    assert any("critical" in line and "Shard pid=" in line for line in logged), logged


def test_the_edges_of_the_older_one_have_ended(two: Two) -> None:
    for url in two.older.edges:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/livez", timeout=10)


def test_every_account_answers_on_the_newer_one(two: Two) -> None:
    for account_id in two.accounts:
        answers_again(two.newer, account_id)
    assert [rename(two.newer, 1, account_id, "on the newer one") for account_id in two.accounts] == [200] * SHARDS
    assert TAKEN not in two.newer.errors()


def test_a_shard_of_the_newer_one_that_dies_is_started_again(two: Two) -> None:
    before = two.newer.pid_of_shard(1)
    signal_to(before, signal.SIGKILL)
    answers_again(two.newer, two.accounts[1])
    assert two.newer.pid_of_shard(1) != before
    assert TAKEN not in two.newer.errors()
