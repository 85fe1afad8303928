"""A run of one seed: lives of the service one after the other, with a check after each."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from seatkeeper.actors.aggregates.aggregate import LONGEST_PAUSE
from seatkeeper.http.server.problems import INVALID
from tests.simulation.checker import check
from tests.simulation.clients import Client
from tests.simulation.clock import Stuck
from tests.simulation.deliveries import check_deliveries, tally_deliveries, undelivered
from tests.simulation.life import Life
from tests.simulation.steps import ROUNDS
from tests.simulation.world import Broken, Running, Script, World

MOST_LIVES = 60

LONGEST_RETRY = 10_000.0
"""Seconds after which a message that failed is tried again at the latest, with a clock that jumped in between."""


TIMES = 5
"""Times that a command is sent in the end: timers that fire meanwhile may fill an inbox of one."""

LEAPS = (0.0, 0.0, 600.0, 86_400.0, 10 * 86_400.0)
"""Seconds by which the clock goes forwards after each part."""

LAST_LEAP = 60 * 86_400.0
"""The same for the last time: all comes that comes by itself."""

LONGEST_LATE = 400.0
"""Seconds after which all is done that is due: a failure is repeated within 60, and all is looked at within 80."""


class Result(NamedTuple):
    """How a run ended."""

    broken: Broken | None
    log: list[str]
    digest: str
    tally: Counter[str]


def run(script: Script) -> Result:
    """Run a script with one process and check it; a broken invariant is returned, not raised."""
    return finished(World(script), _run)


def finished(world: World, work: Callable[[World], None]) -> Result:
    """Do the work of a run, and tell how it ended."""
    broken = None
    quiet = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        work(world)
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
    clients = clients_of(world)
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
        progress = Progress(world, life, clients, part)
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


def clients_of(world: World) -> list[Client]:
    """Make the clients, each with its own steps."""
    steps = world.script.steps
    return [
        Client(world, [step for step in steps if step.client == client])
        for client in dict.fromkeys(step.client for step in steps)
    ]


class Progress:
    """The work of one life: the rounds of the clients, then the commands without an answer."""

    def __init__(self, world: World, life: Running, clients: list[Client], part: int) -> None:
        self._world = world
        self._life = life
        self._clients = clients
        self._leaps = Random(f"{world.script.seed} leaps {part}")
        self.part = part

    async def work(self) -> None:
        while self.part < ROUNDS:
            await self._together()
            await self._life.wait_until_idle()
            check(self._world)
            check_deliveries(self._world)
            self._check_keyring()
            self.part += 1
            self._life.leap(self._leaps.choice(LEAPS))
        self._world.disk.calm()
        self._life.calm()
        self._world.receiver.well = True
        await self._life.wait_until_idle()
        await asyncio.sleep(LONGEST_PAUSE)
        await self._resolve_all()
        await self._life.wait_until_idle()
        self._life.leap(LAST_LEAP)
        await self._fire_all()
        await self._life.wait_until_idle()
        await self._deliver_all()

    async def _fire_all(self) -> None:
        """Wait until nothing is due any more."""
        until = self._life.loop.time() + LONGEST_LATE
        sql = "SELECT * FROM timers WHERE due_at <= ? ORDER BY due_at LIMIT 1"
        while rows := self._world.disk.rows.execute(sql, (self._life.now(),)).fetchall():
            if self._life.loop.time() > until:
                raise Broken("I4", f"nothing has come of a timer that is due: {rows[0]}")
            await asyncio.sleep(1.0)

    def _check_keyring(self) -> None:
        rows = self._world.disk.rows.execute("SELECT key_id, status, version, secret_hash FROM api_keys")
        wrong = self._life.wrong_key(rows)
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
        await self._life.wait_until_idle()

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
            for _ in range(TIMES):
                await client.attempt(sent, patience=60.0)
                if sent.attempts[-1] != "overloaded":
                    break
                await asyncio.sleep(1.0)
            if sent.answer is None and sent.attempts[-1] != INVALID.slug:  # its time is over
                raise Broken("I2", f"{sent.name} got no answer although nothing is wrong any more")
