"""All that one run measured: what `--json` writes and what the table shows."""

from __future__ import annotations

import msgspec

from bench.machine import Cores, Machine
from bench.memory import Filled
from bench.restarts import Restarts
from bench.setting import Amounts
from bench.throughput import Throughput


class Results(msgspec.Struct, frozen=True):
    """The figures of one run, with what they were measured on. `seconds` is how long the whole run took."""

    machine: Machine
    cores: Cores
    amounts: Amounts
    throughput: Throughput
    filled: Filled
    restarts: Restarts
    seconds: float
