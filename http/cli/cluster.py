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
from seatkeeper.http.cli.statuses import CommandFailed, ExitStatus, called_wrongly
from seatkeeper.http.cli.terminal import add_json, print_json, tell_address
from seatkeeper.http.cluster.status import ShardStatus
from seatkeeper.http.observability import logs
from seatkeeper.http.observability.traces import TracesRefused, tracer_for
from seatkeeper.http.server.validation import explain
from seatkeeper.storage.engines import is_address
from seatkeeper.storage.errors import DatabaseRefused

MOST_SHARDS = 1_024


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "Shards own the accounts, and edges take the requests. Each option can stand in the environment as"
        " SEATKEEPER_<NAME>; the command line wins."
    )
    parser.add_argument(
        "action",
        nargs="?",
        default="start",
        choices=["start", "status", "stop", "restart", "edge"],
        help="start (the default) shards and edges; restart: shards, then edges, one by one; edge: one more of these",
    )
    parser.add_argument("--shards", type=int, help="processes that share the accounts; fixed at the first start")
    parser.add_argument("--edges", type=int, default=1, help="processes that take requests (default: 1)")
    parser.add_argument("--address", help="of a Ray cluster that runs; without it, start starts one on loopback")
    add_json(parser, "status: ")
    settings.add_options(parser)
    parser.set_defaults(run=cluster_command)


def cluster_command(options: Mapping[str, object]) -> int:
    """Run an action; return the exit status."""
    try:
        chosen = settings.read(options, os.environ)
    except msgspec.ValidationError as error:
        steps, detail = explain(error, settings.Settings)
        raise called_wrongly(f"--{''.join(steps).replace('_', '-')}: {detail}") from error
    shards, edges = options["shards"], options["edges"]
    if not is_address(chosen.database):
        raise called_wrongly("--database has to be the address of a PostgreSQL database: shards share one")
    if chosen.sandbox:
        raise called_wrongly("--sandbox: a sandbox is one process: use `seatkeeper serve`")
    if shards is not None and not 1 <= int(str(shards)) <= MOST_SHARDS:
        raise called_wrongly(f"--shards: Expected a number from 1 to {MOST_SHARDS}")
    if chosen.standby:
        raise called_wrongly("--standby is for `seatkeeper serve`: a cluster takes its database at once")
    if int(str(edges)) < 0:
        raise called_wrongly("--edges: Expected a number of 0 or more")
    try:
        return _run(str(options["action"]), chosen, options)
    except ModuleNotFoundError as error:
        raise CommandFailed(f"a cluster needs the extra seatkeeper[cluster]: {error}") from error
    except (DatabaseRefused, StartRefused, RootKeyRefused, TracesRefused, ConnectionError, OSError) as error:
        raise CommandFailed(str(error) or repr(error)) from error


def _run(action: str, chosen: settings.Settings, options: Mapping[str, object]) -> int:
    from seatkeeper.http.cluster import on_ray, supervisor  # noqa: PLC0415 - it is an extra
    from seatkeeper.http.cluster.lane import ShardGone  # noqa: PLC0415
    from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415

    given = options["address"] or os.environ.get("SEATKEEPER_RAY_ADDRESS")
    address = None if given is None else str(given)
    shards = options["shards"]
    logs.set_up(chosen.log_level, chosen.log_format)
    if action == "start":
        tracer_for(os.environ, wanted=chosen.traces).close()  # it is refused here, and not in each process
        wanted = supervisor.ClusterOptions(
            None if shards is None else int(str(shards)), int(str(options["edges"])), address
        )
        uvloop.run(supervisor.Supervisor(chosen, wanted).run())
        return 0
    if shards is not None:
        raise called_wrongly(f"--shards: it is for the start; {action} takes the shards that there are")
    on_ray.connect(str(Address(chosen.database)), address or "auto")
    try:
        return (
            _serve_edge(chosen)
            if action == "edge"
            else _operate(action, str(Address(chosen.database)), as_json=bool(options["json"]))
        )
    except ShardGone as error:
        raise CommandFailed(str(error)) from error
    finally:
        on_ray.disconnect()


def _serve_edge(chosen: settings.Settings) -> int:
    from seatkeeper.http.cluster import on_ray, operating, supervisor  # noqa: PLC0415 - it is an extra
    from seatkeeper.http.cluster.edge import Edge  # noqa: PLC0415
    from seatkeeper.storage.postgresql.server.address import Address  # noqa: PLC0415
    from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards  # noqa: PLC0415

    count = asyncio.run(prepare_for_shards(Address(chosen.database), None))
    shards = [on_ray.find_shard(number) for number in range(count)]

    async def serve() -> None:
        parent = os.environ.get(supervisor.SUPERVISOR)
        edge = Edge(chosen, shards, int(parent) if parent else None)
        serving = edge.run(tell_address)
        await operating.while_remembered(count, serving, edge.front.stopping.set)

    uvloop.run(serve())
    return 0


def _operate(action: str, database: str, *, as_json: bool) -> int:
    """Do what is asked of the shards that Ray knows: it is asked for when the database is away, too."""
    from seatkeeper.http.cluster import on_ray, operating  # noqa: PLC0415 - it is an extra

    shards = on_ray.find_shards()
    if not shards:
        raise CommandFailed(f"Ray has no shard of {database}: it was stopped, or started with another address of it")
    if action == "stop":
        asyncio.run(operating.stop(list(shards.values())))
        return 0
    if action == "restart":
        wrong = asyncio.run(operating.restart(list(shards.values())))
        if wrong:
            raise CommandFailed(wrong[0])
        return 0
    told = asyncio.run(operating.status(shards))
    well = all(map(operating.is_well, told))
    if as_json:
        print_json({"ready": well, "shards": [_shown(number, one) for number, one in enumerate(told)]})
    else:
        print("\n".join(f"shard {number}: {operating.described(one)}" for number, one in enumerate(told)))
    return ExitStatus.DONE if well else ExitStatus.FAILED


def _shown(number: int, told: ShardStatus | str) -> object:
    return {"number": number, "unready": f"not there: {told}"} if isinstance(told, str) else told
