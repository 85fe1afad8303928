"""What goes wrong in a cluster: faults that each wait for the n-th commit of all shards, or for the n-th message."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.simulation.faults import LAST_COMMIT, Fault

COMMITS = {
    "slow": 2,  # the commits of a while take a hundred times as long
    "slow reads": 1,
    "refuse": 3,  # the server says no
    "full": 1,  # for a while, its disk is full
    "fail": 4,  # the connection is lost before the commit has come to the server
    "fail and store": 6,  # the connection is lost before the answer
    "fail and store late": 5,  # the same, and the server is slow: it stores if nobody has taken the shard meanwhile
    "fail and stay down": 1,  # the same as "fail", and some of the next connections fail too
    "hang": 1,  # longer than the deadline of a commit; whether it is stored is chance
    "unreadable": 1,  # half of the queries of a while fail
    "stumble": 2,  # the next actors that evolve raise an unforeseen error half-way
    "clock leaps": 5,  # that of all machines, by days, mostly forwards
    "kill before": 4,  # the process of the shard ends before its commit has left
    "kill meanwhile": 4,  # its commit has left
    "kill after": 6,  # its commit is stored, and nobody has been told
    "kill later": 3,
    "freeze": 6,  # the process of the shard stops after its commit has left, and goes on after a successor has come
    "freeze before": 8,  # the same, and its commit leaves when it goes on
    "freeze shortly": 2,  # it goes on before anybody has noticed
    "usurp": 6,  # a successor comes although the process runs, and some edges know only the one before for a while
    "kill edge": 5,
    "freeze edge": 2,
}

MESSAGES = {
    "message lost": 4,
    "message late": 5,  # it comes after the edge has given up, or not much before
    "message repeated": 8,  # at once, or much later
    "answer lost": 5,
    "answer late": 3,
}

LAST_MESSAGE = 150


def plan_shard_faults(random: Random) -> Sequence[Fault]:
    """Draw the faults of a run; the run of one seed in eight has none."""
    if random.random() < 1 / 8:
        return []
    return [
        *_drawn(random, COMMITS, random.randint(1, 14), LAST_COMMIT),
        *_drawn(random, MESSAGES, random.randint(0, 12), LAST_MESSAGE),
    ]


def _drawn(random: Random, kinds: dict[str, int], count: int, last: int) -> Sequence[Fault]:
    numbers = sorted(random.sample(range(1, last), count))
    drawn = random.choices(list(kinds), list(kinds.values()), k=count)
    return [Fault(number, kind, random.random()) for number, kind in zip(numbers, drawn, strict=True)]
