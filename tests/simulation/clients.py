"""A client: it does its steps one after the other, over all lives of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from seatkeeper.http.feed import FeedQuery
from seatkeeper.http.problems import INTERNAL, KEY_REUSED, fault_of
from seatkeeper.http.routes import Answer
from tests.simulation.commands import Sent
from tests.simulation.life import Life
from tests.simulation.steps import Step
from tests.simulation.subjects import recent, subject
from tests.simulation.world import Broken, Read, World, shown

NOTHING_CHANGED = {"overloaded", "storage-full", "storage-down", "not-stored", "stream-damaged"}
"""The problems that promise that the command was not carried out."""

PAUSE = 0.01
"""Seconds before a client asks again, in the mean; they grow."""


class Client:
    """Whoever sends commands, waits as long as it likes, asks again or goes away."""

    def __init__(self, world: World, steps: Sequence[Step]) -> None:
        self._world = world
        self._steps = steps
        self._next = 0
        self._doing: list[Sent] = []

    async def go_on(self, until_round: int) -> None:
        """Do the steps of this round that are left; a command that a crash fell into is asked for again, or not."""
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
    def _life(self) -> Life:
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
                await self._insist(sent)

    def _make(self, step: Step) -> Sent | None:
        """Fill a step in with what is known by now; None if there is nothing yet that it could be about."""
        world, name = self._world, f"{step.client}.{step.number}"
        made = subject(step, world.plans, world.accounts, world.members)
        if made is None:
            return None
        ids, body, streams = made
        since = {stream_id: world.disk.version(stream_id) for stream_id in streams}
        about = streams[0] if streams else ""
        versions = {"none": None, "right": world.versions.get(about), "wrong": 77}
        expected = None if step.kind in {"sign up", "define plan"} else versions[step.match]
        key = f"key {name}" if step.keyed else None
        return Sent(f"{name} {step.kind}", step, ids, body, expected, key, since)

    async def _insist(self, sent: Sent) -> None:
        """Ask, and without an answer again, as often as this client does."""
        self._doing.append(sent)
        for attempt in range(sent.step.retries + 1):
            await self.attempt(sent)
            if sent.answer is not None or (sent.key is None and sent.in_doubt):
                break
            await asyncio.sleep(PAUSE * 2**attempt)
        else:
            self._world.note(f"{sent.name}: the client goes away")
        self._doing.remove(sent)

    async def attempt(self, sent: Sent, patience: float | None = None) -> None:
        """Send once, with its twins if it has a key, and take in what comes until the patience is over."""
        world, life = self._world, self._life
        world.note(
            f"{sent.name}: {sent.route.method} {sent.path} {sent.raw.decode()} {sent.key} If-Match {sent.expected}"
        )
        world.tally["requests"] += 1
        sent.attempts.append("sent")
        was_in_doubt, sent.in_doubt = sent.in_doubt, True  # a crash may come before any answer
        twins = sent.step.twins if sent.key is not None and len(sent.attempts) == 1 else 0
        requests = [life.send(sent) for _ in range(1 + twins)]
        world.tally["twins"] += twins
        deadline = life.loop.time() + (sent.step.patience if patience is None else patience)
        for request in requests:
            heard = await self._hear(sent, request, deadline)
            sent.attempts[-1] = heard
            if heard not in NOTHING_CHANGED:
                was_in_doubt = True
        sent.in_doubt = was_in_doubt and sent.answer is None

    async def _hear(self, sent: Sent, request: asyncio.Task[Answer], deadline: float) -> str:
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
        except Exception as error:  # noqa: BLE001 - it is told as the edge would tell it
            _go_if_dead(life.dead)
            return self._fault(sent, error)
        _go_if_dead(life.dead)
        overfull = life.overfull()
        if overfull is not None:
            raise Broken("I7", overfull)
        world.note(f"{sent.name}: {shown(answer)}")
        world.heard(sent, answer)
        return "answered"

    def _fault(self, sent: Sent, error: Exception) -> str:
        fault = fault_of(error)
        self._world.note(f"{sent.name}: {fault.status} {fault.slug}")
        self._world.tally[fault.slug] += 1
        foreseen = fault.slug in NOTHING_CHANGED or fault.slug == "outcome-unknown"
        if not foreseen and not (fault is INTERNAL and self._world.disk.excused()):
            raise Broken("I6", f"{sent.name} was answered {fault.status} {fault.slug}: {error!r}") from error
        if fault.slug == "stream-damaged" and not self._met_damage(sent):
            raise Broken("I6", f"{sent.name} was answered {fault.slug}, and the damage is none of its own")
        return fault.slug

    def _met_damage(self, sent: Sent) -> bool:
        """Tell whether a page was damaged under what the command is about, or under what it was to make."""
        disk, makes = self._world.disk, {"sign up": "account-", "define plan": "plan-"}.get(sent.kind)
        return any(
            stream_id in sent.since
            or (makes is not None and stream_id.startswith(makes) and disk.version(stream_id) == 0)
            for stream_id in disk.damaged
        )

    async def _repeat(self, step: Step) -> None:
        """Send what was answered before once more; or another request under its key, which must be turned away."""
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
        except Exception as error:  # noqa: BLE001 - it is told as the edge would tell it
            _go_if_dead(self._life.dead)
            slug = fault_of(error).slug
            self._world.note(f"{other.name} under the key of {first.name}: {slug}")
            self._world.tally[slug] += 1
            if slug != KEY_REUSED.slug:
                self._fault(other, error)
        else:
            _go_if_dead(self._life.dead)
            raise Broken("I2", f"{other.name} got {shown(answer)} under the key of {first.name}")

    async def _read(self, step: Step) -> None:
        world, life = self._world, self._life
        place = {"read account": ("account", world.accounts), "read plan": ("plan", world.plans)}.get(step.kind)
        if place is None:
            await (self._follow_feed(step) if step.kind == "read feed" else self._read_receipt(step))
            return
        kind, known = place
        if not known:
            return
        identity = recent(step, known)
        stream_id = f"{kind}-{identity}"
        least = world.versions[stream_id]
        try:
            answer = await life.read(f"/v1/{kind}s/{{{kind}_id}}", **{f"{kind}_id": identity})
        except Exception as error:  # noqa: BLE001 - it is told as the edge would tell it
            self._read_failed(step, error)
            return
        _go_if_dead(life.dead)
        world.note(f"{step.client}.{step.number} read {stream_id}: {shown(answer)}")
        world.tally["reads"] += 1
        if answer.status != 200 or (answer.version or 0) < least:
            raise Broken("I3", f"a read of {stream_id} after version {least} got {shown(answer)}")
        world.reads.setdefault(stream_id, []).append(Read(stream_id, answer.version or 0, answer.body))

    async def _follow_feed(self, step: Step) -> None:
        """Read on where this world's one reader of the feed has come to."""
        world, life = self._world, self._life
        after = len(world.feed)
        try:
            answer = await life.read("/v1/events", FeedQuery(after, 200))
        except Exception as error:  # noqa: BLE001 - it is told as the edge would tell it
            self._read_failed(step, error)
            return
        _go_if_dead(life.dead)
        items = msgspec.json.decode(answer.body)["items"]
        world.tally["reads"] += 1
        if len(world.feed) == after:
            world.feed += [(item["position"], item["stream_id"], item["version"]) for item in items]

    async def _read_receipt(self, step: Step) -> None:
        """Ask what became of a command; of one that was answered the receipt is there, and stays."""
        world, life = self._world, self._life
        keyed = [sent for sent in world.sent if sent.key is not None]
        if not keyed:
            return
        sent = keyed[step.pick(0, len(keyed))]
        answered = sent.answer is not None
        try:
            told = await life.read("/v1/receipts/{key}", key=sent.key or "")
        except Exception as error:  # noqa: BLE001 - it is told as the edge would tell it
            self._read_failed(step, error)
            return
        _go_if_dead(life.dead)
        world.note(f"{step.client}.{step.number} read receipt of {sent.name}: {told.status}")
        world.tally["reads"] += 1
        sent.receipt_seen = sent.receipt_seen or told.status == 200
        if answered and told.status != 200:
            raise Broken("I2", f"{sent.name} was answered, and its receipt is told with {told.status}")

    def _read_failed(self, step: Step, error: Exception) -> None:
        _go_if_dead(self._life.dead)
        fault = fault_of(error)
        self._world.note(f"{step.client}.{step.number} {step.kind}: {fault.status} {fault.slug}")
        self._world.tally[f"read {fault.slug}"] += 1
        if fault is INTERNAL and not self._world.disk.excused():
            raise Broken("I6", f"a read was answered {fault.status} {fault.slug}: {error!r}") from error


def _go_if_dead(dead: bool) -> None:  # noqa: FBT001 - what it asks
    if dead:
        raise asyncio.CancelledError
