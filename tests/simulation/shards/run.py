"""A run of one seed with several shards."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.simulation.checker import check
from tests.simulation.clock import Stuck
from tests.simulation.deliveries import check_deliveries
from tests.simulation.run import Progress, Result, clients_of, finished
from tests.simulation.shards.cluster import Cluster
from tests.simulation.shards.faults import plan_shard_faults
from tests.simulation.shards.server import Server
from tests.simulation.world import Broken, Script, World


def drawn(seed: int) -> Script:
    """Draw a run: the steps are those of one process, the faults those of a cluster."""
    return replace(Script.drawn(seed), faults=plan_shard_faults(Random(f"{seed} faults of shards")))


def run_shards(script: Script) -> Result:
    """Run a script with several shards and check it; a broken invariant is returned, not raised."""
    return finished(World(script, Server), _run)


def _run(world: World) -> None:
    cluster = world.life = Cluster(world)
    progress = Progress(world, cluster, clients_of(world), 0)
    try:
        cluster.run(progress.work)
    except Stuck as error:
        raise Broken("I6", str(error)) from error
    finally:
        world.tally["shards"] += cluster.shape.shards
        world.tally["edges"] += cluster.shape.edges
        world.tally["stopped by the fence"] += cluster.server.fenced
        world.tally.update({f"fault: {kind}": count for kind, count in cluster.network.tally.items()})
    usurped = cluster.server.usurped()
    if usurped is not None:
        raise Broken("I9", usurped)
    for failure in cluster.conductor.failures:
        raise Broken("I7", failure)
    world.life = None
    check(world)
    check_deliveries(world)
