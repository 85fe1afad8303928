"""A cluster that cannot be started, and what is asked of one that was not: the database stays as it is."""

from __future__ import annotations

import asyncio
import socket

from tests.cluster.rig import alone
from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.service import run_to_its_end

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


async def test_a_start_whose_edges_have_no_port_divides_nothing(database_url: str) -> None:
    with alone(), socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        ended = run_to_its_end("cluster", "--database", database_url, "--shards", "2", "--port", port)
    assert (ended.status, f"port {port} of 127.0.0.1 cannot be listened on" in ended.errors) == (1, True), ended
    assert await run(database_url, TABLES) == [(0,)]


async def test_a_start_that_would_be_open_to_other_machines_divides_nothing(database_url: str) -> None:
    with alone():
        options = ("--shards", "2", "--port", "0", "--host", "0.0.0.0")  # noqa: S104 - it is refused
        ended = run_to_its_end("cluster", "--database", database_url, *options)
    assert (ended.status, "holds no key" in ended.errors) == (1, True), ended
    assert await run(database_url, TABLES) == [(0,)]


async def test_a_start_that_finds_no_ray_fences_nobody_off(database_url: str) -> None:
    with alone():
        async with PostgresqlStore(database_url):
            options = ("--shards", "2", "--port", "0", "--address", "127.0.0.1:1")
            ended = await asyncio.to_thread(run_to_its_end, "cluster", "--database", database_url, *options)
            assert (ended.status, "no Ray answers at 127.0.0.1:1" in ended.errors) == (1, True), ended
            assert await run(database_url, "SELECT shards FROM seatkeeper_schema") == [(1,)]
            assert await run(database_url, "SELECT epoch FROM shards") == [(1,)]


def test_only_a_start_takes_a_number_of_shards(postgresql: Server) -> None:
    with alone():
        ended = run_to_its_end("cluster", "status", "--database", postgresql.url("nowhere"), "--shards", "4")
    assert (ended.status, "--shards: it is for the start" in ended.errors) == (2, True), ended


def test_a_cluster_is_no_standby(postgresql: Server) -> None:
    with alone():
        ended = run_to_its_end("cluster", "--database", postgresql.url("nowhere"), "--standby")
    assert (ended.status, "--standby is for `seatkeeper serve`" in ended.errors) == (2, True), ended
