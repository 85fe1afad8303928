"""A run of one seed: lives of the service one after the other, with a check after each."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from typing import NamedTuple

from seatkeeper.actors.aggregates.aggregate import LONGEST_PAUSE
from tests.simulation.bounds import wait_until_idle, wrong_key
from tests.simulation.checker import check
from tests.simulation.clients import Client
from tests.simulation.clock import Stuck
from tests.simulation.deliveries import check_deliveries, tally_deliveries, undelivered
from tests.simulation.life import Life
from tests.simulation.steps import ROUNDS
from tests.simulation.world import Broken, Script, World

MOST_LIVES = 60

LONGEST_RETRY = 10_000.0
"""Seconds after which a message that failed is tried again at the latest, with a clock that jumped in between."""


class Result(NamedTuple):
    """How a run ended."""

    broken: Broken | None
    log: list[str]
    digest: str
    tally: Counter[str]


def run(script: Script) -> Result:
    """Run a script and check it; a broken invariant is returned, not raised."""
    world = World(script)
    broken = None
    quiet = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        _run(world)
    except Broken as error:
        broken = error
        world.life = None
        world.note(f"broken: {error}")
    except Exception as error:  # noqa: BLE001 - the seed must be reported with any error
        broken = Broken("unforeseen", repr(error))
        world.log += traceback.format_exc().splitlines()
    finally:
        logging.disable(quiet)
    world.tally.update({f"fault: {kind}": count for kind, count in world.disk.tally.items()})
    world.tally["commits"] += world.disk.tries
    world.tally["commands"] += len(world.sent)
    tally_deliveries(world)
    counts = "SELECT substr(stream_id, 1, instr(stream_id, '-') - 1), count(*) FROM events GROUP BY 1"
    for kind, events in world.disk.rows.execute(counts):
        world.tally["events"] += events
        world.tally[f"events of {kind}"] += events
    world.disk.rows.close()
    return Result(broken, world.log, world.digest(), world.tally)


def _run(world: World) -> None:
    script = world.script
    steps = {step.client: [other for other in script.steps if other.client == step.client] for step in script.steps}
    clients = [Client(world, own) for own in steps.values()]
    part, moment = 0, 0.0
    for life_number in range(MOST_LIVES):
        life = world.life = Life(
            world.disk,
            world.receiver,
            script.setup,
            script.repertoire.kinds,
            f"{script.seed} life {life_number}",
            moment,
        )
        progress = _Progress(world, life, clients, part)
        try:
            done = life.run(progress.work)
        except Stuck as error:
            raise Broken("I6", str(error)) from error
        part, moment = progress.part, life.loop.time()
        for failure in life.failures:
            raise Broken("I7", failure)
        world.life = None
        world.tally["lives"] += 1
        world.log.append(f"{moment:12.6f}  {'the end' if done else 'crash'}")
        check(world)
        check_deliveries(world)
        if done:
            return
        world.tally["crashes"] += 1
    raise Broken("I6", "the service came to no end")


class _Progress:
    """The work of one life: the rounds of the clients, then the commands without an answer."""

    def __init__(self, world: World, life: Life, clients: list[Client], part: int) -> None:
        self._world = world
        self._life = life
        self._clients = clients
        self.part = part

    async def work(self) -> None:
        while self.part < ROUNDS:
            await self._together()
            await wait_until_idle(self._life)
            check(self._world)
            check_deliveries(self._world)
            self._check_keyring()
            self.part += 1
        self._world.disk.calm()
        self._world.receiver.well = True
        await wait_until_idle(self._life)
        await asyncio.sleep(LONGEST_PAUSE)
        await self._resolve_all()
        await wait_until_idle(self._life)
        await self._deliver_all()

    def _check_keyring(self) -> None:
        rows = self._world.disk.rows.execute("SELECT key_id, status, version, secret_hash FROM api_keys")
        wrong = wrong_key(self._life, rows)
        if wrong is not None:
            raise Broken("I3", wrong)

    async def _deliver_all(self) -> None:
        """Wait until the webhooks have got everything, which a clock that jumped back may take long for."""
        seconds = 1.0
        while (missing := undelivered(self._world)) is not None:
            if seconds > LONGEST_RETRY:
                raise Broken("I8", missing)
            await asyncio.sleep(seconds)
            seconds *= 2
        await wait_until_idle(self._life)

    async def _together(self) -> None:
        tasks = [self._life.watched(client.go_on(self.part)) for client in self._clients]
        for task in tasks:
            await task

    async def _resolve_all(self) -> None:
        """Look up each command without an answer, then send it again; also some that have an answer."""
        client = Client(self._world, ())
        for number, sent in enumerate(list(self._world.sent)):
            if sent.key is None or (sent.answer is not None and number % 3):
                continue
            found = await self._life.read("/v1/receipts/{key}", key=sent.key)
            known = found.status == 200
            if known != (sent.answer is not None) and not sent.outcome_unknown:
                raise Broken("I2", f"{sent.name} has a receipt: {known}, and an answer: {sent.answer is not None}")
            if sent.answer is None and not known and number % 2:
                continue  # it is not sent again, and must not be stored in the end either
            await client.attempt(sent, patience=60.0)
            if sent.answer is None:
                raise Broken("I2", f"{sent.name} got no answer although nothing is wrong any more")
