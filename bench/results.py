"""All that one run measured: the content of the JSON file, from which the tables and pictures are made."""

from __future__ import annotations

import msgspec

from bench.machine import Cores, Machine
from bench.measures.beside import Beside
from bench.measures.cluster import Clusters
from bench.measures.commits import Commits
from bench.measures.console import Console
from bench.measures.crowd import Crowds
from bench.measures.deliveries import Deliveries
from bench.measures.engines import Engines
from bench.measures.event_stream import EventStream
from bench.measures.finding import Finding
from bench.measures.growth import Filled, Growth
from bench.measures.heads import Heads
from bench.measures.importing import Importing
from bench.measures.pace import Paced
from bench.measures.peers import Peers
from bench.measures.restarts import Restarts
from bench.measures.sign_ups import SignUpRounds
from bench.measures.stored import Stored
from bench.measures.timers import TimersDue
from bench.setting import Amounts


class Results(msgspec.Struct):
    """The figures of one run, and the machine that they belong to. What is None was not measured.

    `left_out` names the measures for which there was no time; `seconds` is the length of the whole run.
    """

    machine: Machine
    cores: Cores
    amounts: Amounts
    sign_ups: SignUpRounds | None = None
    peers: Peers | None = None
    beside: Beside | None = None
    crowds: Crowds | None = None
    event_stream: EventStream | None = None
    deliveries: Deliveries | None = None
    importing: Importing | None = None
    finding: Finding | None = None
    console: Console | None = None
    paced: Paced | None = None
    filled: Filled | None = None
    restarts: Restarts | None = None
    touched: Growth | None = None
    stored: Stored | None = None
    timers: TimersDue | None = None
    commits: Commits | None = None
    engines: Engines | None = None
    clusters: Clusters | None = None
    heads: Heads | None = None
    left_out: list[str] = msgspec.field(default_factory=list)
    seconds: float = 0.0
