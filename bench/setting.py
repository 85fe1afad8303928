"""What every measure is given: how much to do, where, and on which cores."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from bench import load
from bench.orders import NewMembers, Order, Report, SignUps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.machine import Cores
    from bench.servers import Server
    from bench.timeline import Timeline


class Amounts(msgspec.Struct, frozen=True):
    """How much is done: `seconds` a round after `warm_up`, `accounts` on disk, `probes` of cold accounts."""

    connections: int = 64
    rounds: int = 5
    seconds: float = 5.0
    warm_up: float = 1.0
    accounts: int = 100_000
    starts: int = 5
    probes: int = 500


class Setting:
    """The amounts, the cores, a directory that is removed afterwards, and the loads that are made in it."""

    def __init__(self, amounts: Amounts, cores: Cores, directory: Path, timeline: Timeline) -> None:
        self.amounts = amounts
        self.cores = cores
        self.directory = directory
        self.timeline = timeline
        self._runs: Iterator[int] = itertools.count(1)

    def sign_up_for_seconds(self, server: Server, *, keyed: bool = False) -> Report:
        """Sign up as fast as answers come, for one round."""
        amounts = self.amounts
        work = SignUps(next(self._runs), keyed)
        order = Order(server.port, work, amounts.connections, warm_up=amounts.warm_up, seconds=amounts.seconds)
        return load.make(order, self.cores.load)

    def sign_up(self, server: Server, accounts: int, samples: int = 0) -> Report:
        """Sign up so many accounts, and remember the ids of `samples` of them."""
        work = SignUps(next(self._runs))
        order = Order(server.port, work, self.amounts.connections, requests=accounts, samples=samples)
        return load.make(order, self.cores.load)

    def add_members(self, server: Server, accounts: list[str]) -> Report:
        """Add a member to each account, one after the other on one connection."""
        order = Order(server.port, NewMembers(accounts), connections=1, requests=len(accounts))
        return load.make(order, self.cores.load)
