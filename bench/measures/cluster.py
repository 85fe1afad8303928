"""A cluster beside the single process on PostgreSQL: the CPU time of a sign-up over edge and shards, and what else.

Both run all the time, each in a schema of its own, on the server's core with all processes that they start.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import msgspec

from bench import processes, servers
from bench.servers import Server
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.postgresql import Postgresql
    from bench.processes import Process
    from bench.setting import Setting

SINGLE: Final = "one process"
CLUSTER: Final = "cluster"

EDGES: Final = "edges"
SHARDS: Final = "shards"
SUPERVISOR: Final = "supervisor"
RAY: Final = "Ray"
POSTGRESQL: Final = "PostgreSQL"

CONNECTIONS: Final = (64, 256)


class Clusters(msgspec.Struct, frozen=True):
    """The rounds with each number of connections, with the sides `one process` and `cluster`.

    The CPU time of the cluster is that of its edges and shards. Its parts are these two, the supervisor, Ray's own
    processes, and the server of PostgreSQL, which the single process has as its part too.
    """

    shards: int
    rounds: dict[int, Rounds]


class ClusterServer(Server):
    """A running cluster, spoken to at its edge."""

    def parts(self) -> dict[str, float]:
        """Give the CPU time of its processes by what they are."""
        return by_role(self.pid, processes.family(self.pid))

    def cpu_seconds(self) -> float:
        """Give the CPU time of edges and shards."""
        parts = self.parts()
        return parts[EDGES] + parts[SHARDS]


def by_role(supervisor: int, family: Iterable[Process]) -> dict[str, float]:
    """Sum up the CPU time of a supervisor and its descendants by what they are."""
    used = dict.fromkeys((EDGES, SHARDS, SUPERVISOR, RAY), 0.0)
    for process in family:
        used[role(supervisor, process)] += process.cpu
    return used


def role(supervisor: int, process: Process) -> str:
    """Tell what a process of a cluster is: what is none of ours is Ray's."""
    if process.pid == supervisor:
        return SUPERVISOR
    if process.command.startswith("ray::Shard"):
        return SHARDS
    return EDGES if " cluster edge " in process.command else RAY


def measure(setting: Setting, postgresql: Postgresql) -> Clusters:
    """Sign up at both in turn, with few connections and with many, and verify what both have stored."""
    shards = setting.amounts.shards
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(postgresql.new_schema(schema)) for name, schema in SCHEMAS.items()}
        with ExitStack() as running:
            single = running.enter_context(
                setting.running(servers.seatkeeper(addresses[SINGLE]), SCHEMAS[SINGLE]),
            )
            started = running.enter_context(
                setting.running(servers.cluster(addresses[CLUSTER], shards), SCHEMAS[CLUSTER]),
            )
            cluster = ClusterServer(started.pid, started.port, started.ready_after)
            rounds = {
                count: take(setting.with_connections(count), single, cluster, postgresql) for count in CONNECTIONS
            }
        for name, address in addresses.items():
            setting.timeline.show(f"verifying what the {name} has stored")
            postgresql.verify_accounts(SCHEMAS[name], sum(made.acknowledged(name) for made in rounds.values()))
            verify(address)
    return Clusters(shards, rounds)


SCHEMAS: Final = {SINGLE: "bench_single", CLUSTER: "bench_cluster"}


def take(setting: Setting, single: Server, cluster: ClusterServer, postgresql: Postgresql) -> Rounds:
    """Sign up at both in turn."""

    def of_single() -> Mapping[str, float]:
        return {POSTGRESQL: postgresql.cpu_seconds()}

    def of_cluster() -> Mapping[str, float]:
        return {**cluster.parts(), POSTGRESQL: postgresql.cpu_seconds()}

    sides = [
        Side(SINGLE, single, setting.new_sign_ups, parts=of_single),
        Side(CLUSTER, cluster, setting.new_sign_ups, parts=of_cluster),
    ]
    return in_turn(setting, f"sign-ups on PostgreSQL, {setting.amounts.connections} connections", sides)
