"""What goes wrong in a run: faults that each wait for the n-th commit."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

KINDS = {
    "slow": 3,  # the commits of a while take a hundred times as long
    "slow reads": 2,  # the queries of a while do, up to longer than they may
    "refuse": 5,  # SQLITE_BUSY: rolled back
    "full": 2,  # SQLITE_FULL for a while
    "fail": 5,  # an I/O error, and nothing is stored when the file is opened again
    "fail and store": 6,  # an I/O error, and everything is stored
    "fail and store and crash": 3,  # the same, and the process ends before the file is opened again, or soon after
    "failing": 1,  # every commit of a while, probes included, has an I/O error
    "damage": 4,  # a page under one stream of this commit is damaged, and stays so for a while
    "hang": 1,  # longer than the deadline of a commit; whether it is stored is chance
    "fail and stay down": 1,  # an I/O error, and some of the next openings fail too
    "unreadable": 1,  # half of the queries of a while fail with an I/O error
    "stumble": 2,  # the next actors that evolve raise an unforeseen error half-way
    "clock leaps": 5,  # the clock on the wall, by days, mostly forwards
    "crash before": 4,  # before the sync: what was not synced is forgotten
    "crash after": 6,  # after the sync, before any answer
    "crash later": 3,  # some time after this commit
}
LAST_COMMIT = 70
"""The last commit that a fault waits for; most runs have more."""


class Fault(NamedTuple):
    """A fault of this kind at the n-th try to commit, with a random number of its own."""

    commit: int
    kind: str
    chance: float


def plan_faults(random: Random) -> Sequence[Fault]:
    """Draw the faults of a run; the run of one seed in eight has none."""
    count = 0 if random.random() < 1 / 8 else random.randint(1, 14)
    commits = sorted(random.sample(range(1, LAST_COMMIT), count))
    kinds = random.choices(list(KINDS), list(KINDS.values()), k=count)
    return [Fault(commit, kind, random.random()) for commit, kind in zip(commits, kinds, strict=True)]
