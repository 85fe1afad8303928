"""A client: it does its steps one after the other, over all lives of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from seatkeeper.http.api.events import FeedQuery
from seatkeeper.http.server.problems import INTERNAL, INVALID, KEY_REUSED, problem_type_of
from seatkeeper.http.server.routes import Answer
from tests.simulation.known import recent
from tests.simulation.sending import Sent
from tests.simulation.steps import Step
from tests.simulation.world import Broken, Read, Running, World, shown

NOTHING_CHANGED = {"overloaded", "storage-full", "storage-down", "not-stored", "stream-damaged", INVALID.slug}
"""The problems after which the command is surely not carried out."""

DRY_RUNS = 0.07
"""The share of commands that are tried before they are made."""

MAY_BE_TOO_LATE = ("grant", "change trial")
"""Steps that name a time ahead, which may have come when they are sent."""

PAUSE = 0.01
"""Seconds before a client sends again, in the mean; they grow."""


class Client:
    """Sends commands, waits as long as its patience lasts, sends them again or leaves."""

    def __init__(self, world: World, steps: Sequence[Step]) -> None:
        self._world = world
        self._steps = steps
        self._next = 0
        self._doing: list[Sent] = []

    async def go_on(self, until_round: int) -> None:
        """Do the steps of this round that are left; a command that a crash interrupted is sent again, or not."""
        life = self._life
        under_way, self._doing = self._doing, []
        for sent in under_way:
            if len(sent.attempts) <= sent.step.retries and sent.key is not None:
                await self._insist(sent)
        hasty: list[asyncio.Task[None]] = []
        while self._next < len(self._steps) and self._steps[self._next].round <= until_round:
            step = self._steps[self._next]
            await asyncio.sleep(step.think)
            self._next += 1
            if step.hasty:
                hasty.append(life.watched(self._do(step)))
            else:
                await self._do(step)
        for task in hasty:
            await task

    @property
    def _life(self) -> Running:
        assert self._world.life is not None
        return self._world.life

    async def _do(self, step: Step) -> None:
        if step.kind.startswith("read"):
            await self._read(step)
        elif step.kind in {"send again", "reuse a key"}:
            await self._repeat(step)
        else:
            sent = self._make(step)
            if sent is not None:
                self._world.sent.append(sent)
                if step.dice[7] * 100 % 1 < DRY_RUNS:
                    await self._try_out(sent)
                await self._insist(sent)

    def _make(self, step: Step) -> Sent | None:
        """Fill a step in with what is known by now; None if there is nothing yet that it could be about."""
        world, name = self._world, f"{step.client}.{step.number}"
        repertoire = world.script.repertoire
        world.known.now = self._life.now()
        made = repertoire.subject(step, world.known)
        if made is None:
            return None
        ids, body, streams = made
        command = repertoire.commands[step.kind]
        since = {stream_id: world.disk.version(stream_id) for stream_id in streams}
        about = streams[0] if streams else ""
        versions = {"none": None, "right": world.versions.get(about), "wrong": 77}
        expected = None if command.makes else versions[step.match]
        key = f"key {name}" if step.keyed else None
        ((began,),) = world.disk.rows.execute("SELECT count(*) FROM events")
        return Sent(f"{name} {step.kind}", step, command, ids, body, expected, key, since, began)

    async def _try_out(self, sent: Sent) -> None:
        """Ask what would come of a command, before it is sent."""
        self._world.note(f"{sent.name}: a dry run")
        self._world.tally["dry runs"] += 1
        try:
            async with asyncio.timeout(60.0):
                await asyncio.shield(self._life.try_out(sent))
        except TimeoutError:
            self._world.note(f"{sent.name}: no answer in time")
        except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
            _go_if_dead(self._life.dead)
            self._take_problem(sent, error)
        else:
            _go_if_dead(self._life.dead)
            self._world.note(f"{sent.name}: {sent.tries[-1].outcome}")

    async def _insist(self, sent: Sent) -> None:
        """Send a command, and without an answer again, as often as this client does."""
        self._doing.append(sent)
        for attempt in range(sent.step.retries + 1):
            await self.attempt(sent)
            if sent.answer is not None or (sent.key is None and sent.outcome_unknown):
                break
            await asyncio.sleep(PAUSE * 2**attempt)
        else:
            self._world.note(f"{sent.name}: the client leaves")
        self._doing.remove(sent)

    async def attempt(self, sent: Sent, patience: float | None = None) -> None:
        """Send once, with its duplicates if it has a key, and take the answers that come in time."""
        world, life = self._world, self._life
        world.note(
            f"{sent.name}: {sent.route.method} {sent.path} {sent.raw.decode()} {sent.key} If-Match {sent.expected}"
        )
        world.tally["requests"] += 1
        sent.attempts.append("sent")
        was_unknown, sent.outcome_unknown = sent.outcome_unknown, True  # a crash may come before any answer
        duplicates = sent.step.duplicates if sent.key is not None and len(sent.attempts) == 1 else 0
        requests = [life.send(sent) for _ in range(1 + duplicates)]
        world.tally["duplicates"] += duplicates
        deadline = life.loop.time() + (sent.step.patience if patience is None else patience)
        for request in requests:
            result = await self._await_answer(sent, request, deadline)
            sent.attempts[-1] = result
            if result not in NOTHING_CHANGED or sent.copied:
                was_unknown = True
        sent.outcome_unknown = was_unknown and sent.answer is None

    async def _await_answer(self, sent: Sent, request: asyncio.Task[Answer], deadline: float) -> str:
        world, life = self._world, self._life
        waiting = asyncio.timeout_at(deadline)
        try:
            async with waiting:
                answer = await asyncio.shield(request)
        except TimeoutError:
            if not waiting.expired():
                raise
            world.note(f"{sent.name}: no answer in time")
            world.tally["timeouts"] += 1
            return "timeout"
        except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
            _go_if_dead(life.dead)
            return self._take_problem(sent, error)
        _go_if_dead(life.dead)
        beyond = life.overfull()
        if beyond is not None:
            raise Broken("I7", beyond)
        world.note(f"{sent.name}: {shown(answer)}")
        world.take_answer(sent, answer)
        if sent.kind == "revoke key" and answer.status < 300 and life.works(sent.ids["key_id"]):
            raise Broken("I3", f"{sent.name} was answered, and the key still works")
        return "answered"

    def _take_problem(self, sent: Sent, error: Exception) -> str:
        problem = problem_type_of(error)
        self._world.note(f"{sent.name}: {problem.status} {problem.slug}")
        self._world.tally[problem.slug] += 1
        if problem is INVALID and not sent.kind.startswith(MAY_BE_TOO_LATE):
            raise Broken("I6", f"{sent.name} was answered {problem.slug}") from error
        foreseen = problem.slug in NOTHING_CHANGED or problem.slug == "outcome-unknown"
        if not foreseen and not (problem is INTERNAL and self._world.disk.excused()):
            raise Broken("I6", f"{sent.name} was answered {problem.status} {problem.slug}: {error!r}") from error
        if problem.slug == "stream-damaged" and not self._met_damage(sent):
            raise Broken("I6", f"{sent.name} was answered {problem.slug}, and the damage is none of its own")
        return problem.slug

    def _met_damage(self, sent: Sent) -> bool:
        """Return whether a page was damaged under what the command is about, or under what it was to make."""
        disk, makes = self._world.disk, sent.type.makes
        return any(
            stream_id in sent.since or (makes and stream_id.startswith(f"{makes}-") and disk.version(stream_id) == 0)
            for stream_id in disk.damaged
        )

    async def _repeat(self, step: Step) -> None:
        """Send an answered command again; or another request under its key, which must be refused."""
        answered = [sent for sent in self._world.sent if sent.key is not None and sent.answer is not None]
        if not answered:
            return
        first = answered[step.pick(0, len(answered))]
        if step.kind == "send again":
            await self.attempt(first, patience=60.0)
            return
        other = self._make(step.__class__(**{**step.__dict__, "kind": "sign up"}))
        if other is None:
            return
        other.key = first.key
        try:
            answer = await self._life.send(other)
        except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
            _go_if_dead(self._life.dead)
            slug = problem_type_of(error).slug
            self._world.note(f"{other.name} under the key of {first.name}: {slug}")
            self._world.tally[slug] += 1
            if slug != KEY_REUSED.slug:
                self._take_problem(other, error)
        else:
            _go_if_dead(self._life.dead)
            raise Broken("I2", f"{other.name} got {shown(answer)} under the key of {first.name}")

    async def _read(self, step: Step) -> None:
        world, life = self._world, self._life
        if step.kind in {"read feed", "read receipt"}:
            await (self._follow_feed(step) if step.kind == "read feed" else self._read_receipt(step))
            return
        kind = step.kind.removeprefix("read ")
        known = world.known.ids[kind]
        if not known:
            return
        identity = recent(step, known)
        stream_id = f"{kind}-{identity}"
        least = world.versions[stream_id]
        try:
            answer = await life.read(f"/v1/{kind}s/{{{kind}_id}}", **{f"{kind}_id": identity})
        except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
            self._read_failed(step, error)
            return
        _go_if_dead(life.dead)
        world.note(f"{step.client}.{step.number} read {stream_id}: {shown(answer)}")
        world.tally["reads"] += 1
        if answer.status != 200 or (answer.version or 0) < least:
            raise Broken("I3", f"a read of {stream_id} after version {least} got {shown(answer)}")
        world.reads.setdefault(stream_id, []).append(Read(stream_id, answer.version or 0, answer.body))

    async def _follow_feed(self, step: Step) -> None:
        """Read the feed from the last position that was read."""
        world, life = self._world, self._life
        after = len(world.feed)
        try:
            answer = await life.read("/v1/events", FeedQuery(after, 200))
        except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
            self._read_failed(step, error)
            return
        _go_if_dead(life.dead)
        items = msgspec.json.decode(answer.body)["items"]
        world.tally["reads"] += 1
        if len(world.feed) == after:
            world.feed += [(item["position"], item["stream_id"], item["version"]) for item in items]

    async def _read_receipt(self, step: Step) -> None:
        """Look up the receipt of a command; one that was answered has a receipt for ever."""
        world, life = self._world, self._life
        keyed = [sent for sent in world.sent if sent.key is not None]
        if not keyed:
            return
        sent = keyed[step.pick(0, len(keyed))]
        answered = sent.answer is not None
        try:
            found = await life.read("/v1/receipts/{key}", key=sent.key or "")
        except Exception as error:  # noqa: BLE001 - it is answered as the service answers it
            self._read_failed(step, error)
            return
        _go_if_dead(life.dead)
        world.note(f"{step.client}.{step.number} read receipt of {sent.name}: {found.status}")
        world.tally["reads"] += 1
        sent.receipt_seen = sent.receipt_seen or found.status == 200
        if answered and found.status != 200:
            raise Broken("I2", f"{sent.name} was answered, and its receipt is answered with {found.status}")

    def _read_failed(self, step: Step, error: Exception) -> None:
        _go_if_dead(self._life.dead)
        problem = problem_type_of(error)
        self._world.note(f"{step.client}.{step.number} {step.kind}: {problem.status} {problem.slug}")
        self._world.tally[f"read {problem.slug}"] += 1
        if problem is INTERNAL and not self._world.disk.excused():
            raise Broken("I6", f"a read was answered {problem.status} {problem.slug}: {error!r}") from error


def _go_if_dead(dead: bool) -> None:  # noqa: FBT001 - what it asks
    if dead:
        raise asyncio.CancelledError
