"""What a cluster would do on more cores than were measured: computed from measured costs, and not measured itself.

Each core is taken to do nothing but its part's work, at the cost that was measured, and the load to be spread evenly.
So the rates are bounds and no promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from bench.measures.cluster import CLUSTER, EDGES, POSTGRESQL, RAY, SHARDS, SINGLE, SUPERVISOR
from bench.measures.heads import MORE, TOGETHER
from bench.sides import spread

if TYPE_CHECKING:
    from bench.measures.cluster import Clusters
    from bench.measures.heads import Heads
    from bench.sides import Rounds

HEAD: Final = "the head row"
CORES: Final = (4, 16, 64)


class Costs(NamedTuple):
    """µs a command: of the core of an edge, of a shard, of PostgreSQL's, and of the lock of the head row.

    `large` is the lock in large commits, and `single` what the single process takes. `beside` is how many cores Ray's
    own processes and the supervisor use.
    """

    edge: float
    shard: float
    postgresql: float
    head: float
    large: float
    single: float
    beside: float


class Saturation(NamedTuple):
    """How some cores are divided best, and how many commands a second each part could carry."""

    cores: int
    edges: int
    shards: int
    could: dict[str, float]

    @property
    def rate(self) -> float:
        """Commands a second: what the weakest part can carry."""
        return min(self.could.values())

    @property
    def first(self) -> str:
        """The part that limits first."""
        return min(self.could, key=lambda part: self.could[part])


def costs(clusters: Clusters, heads: Heads) -> Costs:
    """Take the costs with the most connections, where the most commands share a call."""
    rounds = clusters.rounds[max(clusters.rounds)]
    return Costs(
        edge=rounds.part_a_request(CLUSTER, EDGES) or 0.0,
        shard=rounds.part_a_request(CLUSTER, SHARDS) or 0.0,
        postgresql=rounds.part_a_request(CLUSTER, POSTGRESQL) or 0.0,
        head=heads.head_a_command(TOGETHER),
        large=heads.head_a_command(MORE),
        single=rounds.cpu_a_request(SINGLE) or 0.0,
        beside=cores_beside(rounds),
    )


def cores_beside(rounds: Rounds) -> float:
    """Give the cores that Ray and the supervisor used: their work belongs to the time and not to the commands."""
    parts = rounds.parts[CLUSTER]
    used = zip(parts[RAY], parts[SUPERVISOR], rounds.sides[CLUSTER], strict=True)
    shares = [(ray + supervisor) / max(report.acknowledged, 1) * report.rate for ray, supervisor, report in used]
    return spread(shares).median


def saturation(of: Costs, cores: int) -> Saturation:
    """Divide so many cores in the best way: whole ones for edges and shards, and the rest for PostgreSQL.

    Of two ways with the same rate, that with fewer processes is the better one.
    """
    best: Saturation | None = None
    for edges in range(1, cores):
        for shards in range(1, cores - edges + 1):
            rest = cores - edges - shards - of.beside
            if rest <= 0:
                break
            divided = Saturation(cores, edges, shards, carried(of, edges, shards, rest))
            if best is None or (divided.rate, -edges - shards) > (best.rate, -best.edges - best.shards):
                best = divided
    if best is None:
        raise ValueError(f"{cores} cores are too few for an edge, a shard and PostgreSQL")
    return best


def carried(of: Costs, edges: int, shards: int, postgresql: float) -> dict[str, float]:
    """Give the commands a second that each part could carry with so many cores."""
    return {
        HEAD: 1e6 / of.head,
        EDGES: edges * 1e6 / of.edge,
        SHARDS: shards * 1e6 / of.shard,
        POSTGRESQL: postgresql * 1e6 / of.postgresql,
    }


def in_use(of: Costs, rate: float) -> float:
    """Give the cores that are busy at this rate."""
    return rate * (of.edge + of.shard + of.postgresql) / 1e6 + of.beside
