"""`seatkeeper cluster`: shards on Ray, edges before them, how they are doing, and their end."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping

import msgspec
import uvloop

from seatkeeper.http import settings
from seatkeeper.http.access.root_key import RootKeyRefused
from seatkeeper.http.access.start import StartRefused
from seatkeeper.http.cli.console import fail
from seatkeeper.http.observability import logs
from seatkeeper.http.server.validation import explain
from seatkeeper.storage.engines import is_address
from seatkeeper.storage.errors import DatabaseRefused

MOST_SHARDS = 1_024


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = "Runs the service on many processes: shards own the accounts, and edges take the requests."
    parser.add_argument(
        "action",
        nargs="?",
        default="start",
        choices=["start", "status", "stop", "restart", "edge"],
        help="start (the default) shards and edges; restart: the shards, one by one; edge: one more of these",
    )
    parser.add_argument("--shards", type=int, help="processes that share the accounts; fixed at the first start")
    parser.add_argument("--edges", type=int, default=1, help="processes that take requests (default: 1)")
    parser.add_argument("--address", help="of a Ray cluster that runs; without it, start starts one on loopback")
    settings.add_options(parser)
    parser.set_defaults(run=cluster_command)


def cluster_command(options: Mapping[str, object]) -> int:  # noqa: PLR0911 - what is wrong is said at once
    """Run an action; return the exit status."""
    try:
        chosen = settings.read(options, os.environ)
    except msgspec.ValidationError as error:
        steps, detail = explain(error, settings.Settings)
        return fail(f"--{''.join(steps).replace('_', '-')}: {detail}", 2)
    shards, edges = options["shards"], options["edges"]
    if not is_address(chosen.database):
        return fail("--database has to be the address of a PostgreSQL database: shards share one", 2)
    if shards is not None and not 1 <= int(str(shards)) <= MOST_SHARDS:
        return fail(f"--shards: Expected a number from 1 to {MOST_SHARDS}", 2)
    if int(str(edges)) < 0:
        return fail("--edges: Expected a number of 0 or more", 2)
    try:
        return _run(str(options["action"]), chosen, options)
    except ModuleNotFoundError as error:
        return fail(f"a cluster needs the extra seatkeeper[cluster]: {error}", 1)
    except (DatabaseRefused, StartRefused, RootKeyRefused, ConnectionError, OSError) as error:
        return fail(str(error) or repr(error), 1)


def _run(action: str, chosen: settings.Settings, options: Mapping[str, object]) -> int:
    from seatkeeper.http.cluster import supervisor  # noqa: PLC0415 - it is an extra
    from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards  # noqa: PLC0415

    given = options["address"] or os.environ.get("SEATKEEPER_RAY_ADDRESS")
    address = None if given is None else str(given)
    shards = options["shards"]
    logs.set_up()
    count = asyncio.run(prepare_for_shards(Address(chosen.database), None if shards is None else int(str(shards))))
    if action == "start":
        wanted = supervisor.ClusterOptions(count, int(str(options["edges"])), address)
        uvloop.run(supervisor.Supervisor(chosen, wanted).run())
        return 0
    return _with_shards(action, chosen, count, address or "auto")


def _with_shards(action: str, chosen: settings.Settings, count: int, address: str) -> int:
    from seatkeeper.http.cluster import on_ray, operating, supervisor  # noqa: PLC0415 - it is an extra
    from seatkeeper.http.cluster.edge import Edge  # noqa: PLC0415
    from seatkeeper.http.cluster.lane import ShardGone  # noqa: PLC0415
    from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415

    on_ray.connect(str(Address(chosen.database)), address)
    try:
        shards = [on_ray.find_shard(number) for number in range(count)]
    except ShardGone as error:
        return fail(str(error), 1)
    try:
        if action == "edge":

            async def serve() -> None:
                parent = os.environ.get(supervisor.SUPERVISOR)
                await Edge(chosen, shards, int(parent) if parent else None).run(
                    lambda url: print(f"listening on {url}", flush=True)
                )

            uvloop.run(serve())
            return 0
        if action == "stop":
            asyncio.run(operating.stop(shards))
            return 0
        if action == "restart":
            wrong = asyncio.run(operating.restart(shards))
            return fail(wrong[0], 1) if wrong else 0
        lines, well = asyncio.run(operating.status(shards))
        print("\n".join(lines))
        return 0 if well else 1
    finally:
        on_ray.disconnect()
