"""Fixtures of clusters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.rig import Cluster, running_cluster
from tests.postgresql.server import Server


@pytest.fixture(scope="module")
def cluster(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two shards and two edges, which the tests of a file share."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    with running_cluster(postgresql, folder) as running:
        yield running
