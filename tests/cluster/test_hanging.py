"""A shard that neither answers nor dies, with no command under way: readiness says so, and its process is ended."""

from __future__ import annotations

import signal

from tests.cluster.rig import Cluster, signal_to
from tests.cluster.settling import BACK, account_of_shard, answers_again
from tests.torture.rig.machinery import eventually


def unready(cluster: Cluster, edge: int) -> str:
    """What an edge says of why it is not ready; nothing if it is."""
    answer = cluster.send(edge, "GET", "/readyz")
    return "" if answer.status_code == 200 else answer.text


def test_a_shard_that_hangs_is_named_by_every_edge_and_is_ended_so_that_another_answers(cluster: Cluster) -> None:
    account_id, stopped = account_of_shard(cluster, 1), cluster.pid_of_shard(1)
    signal_to(stopped, signal.SIGSTOP)
    for edge in range(2):
        eventually(lambda edge=edge: "these are not there: 1 (" in unready(cluster, edge), BACK, "it is named")  # type: ignore[misc]
    eventually(lambda: unready(cluster, 0) == unready(cluster, 1) == "", BACK, cluster.errors)
    answers_again(cluster, account_id)
    assert cluster.pid_of_shard(1) != stopped
