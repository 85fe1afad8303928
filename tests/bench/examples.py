"""Reports and results as a run could have made them, and a setting that makes no load."""

from __future__ import annotations

import os
from pathlib import Path

from bench.load.orders import Latency, Order, Report
from bench.machine import Cores, Machine
from bench.servers import Server
from bench.setting import Amounts, Setting
from bench.sides import Rounds
from bench.timeline import Timeline

MACHINE = Machine("today", "a processor", 2, "Linux", "CPython", "3", {}, "ext4", 5_000.0, 0.0)
CORES = Cores(0, 1)


def made(rate: float, p50: float = 1.0, p99: float = 3.0, p999: float = 9.0, acknowledged: int = 1) -> Report:
    """Make a report of one second."""
    latency = Latency(p50, p50, p99, p999, p999)
    return Report(acknowledged, {}, {}, rate, latency, latency, 0.4, 0.0, 1.0, [], [], [])


def rounds(**rates: list[float]) -> Rounds:
    """Make the rounds of sides with these rates."""
    return Rounds({side: [made(rate) for rate in given] for side, given in rates.items()})


def server(port: int) -> Server:
    """Make a server that is this process."""
    return Server(os.getpid(), port, 0.0)


class RecordingSetting(Setting):
    """Records orders, and reports at once that each was answered at the rate of its port."""

    def __init__(self, amounts: Amounts, rates: dict[int, float]) -> None:
        super().__init__(amounts, CORES, Path("nowhere"), Timeline(1.0))
        self.orders: list[Order] = []
        self._rates = rates

    def make(self, order: Order) -> Report:
        self.orders.append(order)
        return made(self._rates[order.port])
