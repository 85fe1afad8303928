"""What every measure gets: the amounts, the cores, a directory, and the means to make a load."""

from __future__ import annotations

import copy
import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Self

import msgspec

from bench import load, servers
from bench.load.orders import Order, Report, SignUps, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.load.orders import Keys, Pace
    from bench.machine import Cores
    from bench.servers import Server
    from bench.timeline import Timeline


class Amounts(msgspec.Struct, frozen=True):
    """How much is done: rounds of so many seconds after a warm-up, and counts."""

    connections: int = 64
    rounds: Annotated[int, msgspec.Meta(ge=1)] = 5
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 4.0
    warm_up: float = 0.5
    accounts: int = 100_000
    starts: int = 5
    probes: int = 500
    crowd: int = 100_000
    """Members of the large account."""
    steady: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    """Seconds of the open loop at the share that has the marks."""
    held: Annotated[float, msgspec.Meta(gt=0)] = 12.0
    """Seconds of the open loop at each other share, and of the bare service at each share."""
    pool: int = 256
    """Connections of the open loop."""
    fill: float = 60.0
    """Seconds that filling a file may take; the measure uses the accounts that exist by then."""
    shards: Annotated[int, msgspec.Meta(ge=1)] = 2
    """Of the cluster."""
    commits: Annotated[int, msgspec.Meta(ge=2)] = 150
    """Of each writer in a round, where writers are compared."""


class Setting:
    """The amounts, the cores, a directory that is removed afterwards, and the loads that are made in it."""

    def __init__(self, amounts: Amounts, cores: Cores, directory: Path, timeline: Timeline) -> None:
        self.amounts = amounts
        self.cores = cores
        self.directory = directory
        self.timeline = timeline
        self._runs: Iterator[int] = itertools.count(1)

    def with_connections(self, connections: int) -> Self:
        """Give a setting whose loads have so many connections."""
        other = copy.copy(self)
        other.amounts = msgspec.structs.replace(self.amounts, connections=connections)
        return other

    @contextmanager
    def serving(self, name: str, program: Sequence[str] = ()) -> Iterator[Server]:
        """Run the service on the file of this name, from another program where one is given."""
        with self.running(servers.seatkeeper(self.file(name), program), name) as server:
            yield server

    @contextmanager
    def running(self, command: list[str], name: str) -> Iterator[Server]:
        """Run any server on the server's core; its log has this name."""
        with servers.running(command, self.cores.server, self.directory / f"{name}.log") as server:
            yield server

    def file(self, name: str) -> Path:
        """Give the path of a database."""
        return self.directory / f"{name}.db"

    def new_sign_ups(self, keys: Keys | None = None) -> SignUps:
        """Give sign-ups with names that no other load has."""
        return SignUps(next(self._runs), keys)

    def load_for_seconds(
        self, server: Server, work: Work, seconds: float | None = None, *, unique: bool = True
    ) -> Report:
        """Load for one round, as fast as answers come."""
        amounts = self.amounts
        return self.make(
            Order(
                server.port,
                work,
                amounts.connections,
                warm_up=amounts.warm_up,
                seconds=amounts.seconds if seconds is None else seconds,
                unique=unique,
            )
        )

    def load_at(self, server: Server, pace: Pace, seconds: float, slices: int = 0, *, unique: bool = True) -> Report:
        """Sign up at this pace."""
        work, amounts = self.new_sign_ups(), self.amounts
        order = Order(server.port, work, amounts.pool, warm_up=amounts.warm_up, seconds=seconds, pace=pace)
        return self.make(msgspec.structs.replace(order, slices=slices, unique=unique))

    def load_to_the_end(self, server: Server, work: Work, requests: int | None = None, samples: int = 0) -> Report:
        """Do all of the work, or so many requests, or as many as there is time for; and sample some of the ids."""
        amounts = self.amounts
        order = Order(server.port, work, amounts.connections, requests=requests, seconds=amounts.fill, samples=samples)
        return self.make(order)

    def one_by_one(self, server: Server, work: Work) -> Report:
        """Do all of the work on one connection."""
        return self.make(Order(server.port, work, connections=1, seconds=self.amounts.fill))

    def make(self, order: Order) -> Report:
        """Make a load on the load's core."""
        return load.make(order, self.cores.load)
