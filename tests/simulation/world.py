"""A run: the disk, what clients know, all commands, and the log."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, Protocol

import msgspec

from seatkeeper.http.server.routes import Answer
from tests.simulation.bounds import Setup
from tests.simulation.disk import Disk
from tests.simulation.faults import Fault, plan_faults
from tests.simulation.known import Known
from tests.simulation.receiver import Receiver
from tests.simulation.repertoire import SERVICE, Repertoire
from tests.simulation.sending import Sent
from tests.simulation.states import States
from tests.simulation.steps import Step, plan_steps, webhook_steps


class Running(Protocol):
    """The service as its clients have it: one process, or several."""

    dead: bool

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the clients."""

    def send(self, sent: Sent) -> asyncio.Task[Answer]:
        """Send a command; the request runs to its end also when its client has left."""

    def try_out(self, sent: Sent) -> asyncio.Task[Answer]:
        """Send a command that is only to say what would come of it."""

    def now(self) -> str:
        """Tell the time of the clients."""

    def leap(self, seconds: float) -> None:
        """Let the clocks on the wall go forwards."""

    async def read(self, path: str, query: object = None, **ids: str) -> Answer:
        """Ask a query."""

    def watched(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something beside the rest; what it raises ends the run."""

    def overfull(self) -> str | None:
        """Name a bound that does not hold now."""

    def works(self, key_id: str) -> bool:
        """Tell whether an API key, whose revocation was answered, is let in now."""

    def wrong_key(self, rows: Iterable[tuple[str, str, int, str]]) -> str | None:
        """Name a key that is known otherwise than these rows: id, status, version, hash of the secret."""

    async def wait_until_idle(self) -> None:
        """Wait until nothing runs, then check that nothing is left."""

    def calm(self) -> None:
        """Let nothing go wrong from now on."""


class Broken(Exception):
    """An invariant does not hold; the message names it and where."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(f"{invariant}: {what}")
        self.invariant = invariant


@dataclass(frozen=True)
class Script:
    """All that is drawn before a run; leaving steps or faults out of it leaves the others as they were."""

    seed: int
    setup: Setup
    steps: Sequence[Step]
    faults: Sequence[Fault]
    repertoire: Repertoire = SERVICE

    @classmethod
    def drawn(cls, seed: int, repertoire: Repertoire = SERVICE) -> Script:
        random = Random(f"{seed} setup")
        setup, clients = Setup.drawn(random), random.choice([2, 3, 4, 6, 10])
        count = min(random.choice([12, 30, 60]), 240 // clients)
        steps = [
            *webhook_steps(Random(f"{seed} webhooks")),
            *plan_steps(Random(f"{seed} steps"), clients, count, repertoire.weights),
        ]
        return cls(seed, setup, steps, plan_faults(Random(f"{seed} faults")), repertoire)


class Read(NamedTuple):
    """The answer of a query about a stream, which must be right at its version."""

    stream_id: str
    version: int
    body: bytes


class World:
    """What is shared in a run, over all lives of the service."""

    def __init__(self, script: Script, kind_of_disk: type[Disk] = Disk) -> None:
        self.script = script
        self.log: list[str] = []
        self.tally: Counter[str] = Counter()
        self.life: Running | None = None
        self.states = States(script.repertoire.kinds)
        self.disk = kind_of_disk(script.faults, self.note, script.repertoire.kinds)
        self.receiver = Receiver(Random(f"{script.seed} receiver"), self.note)
        self.known = Known()
        self.sent: list[Sent] = []
        self.reads: dict[str, list[Read]] = {}
        self.versions: dict[str, int] = {}
        """The highest version of each stream in any answer."""
        self.feed: list[tuple[int, str, int]] = []

    def note(self, text: str) -> None:
        """Write a line of the log, unless the life has ended."""
        if self.life is None or not self.life.dead:
            moment = 0.0 if self.life is None else self.life.loop.time()
            self.log.append(f"{moment:12.6f}  {text}")

    def reads_of(self, stream_id: str) -> Sequence[Read]:
        """Return the answers of queries about a stream."""
        return self.reads.get(stream_id, ())

    def digest(self) -> str:
        """Return a hash of the log."""
        return hashlib.blake2b("\n".join(self.log).encode(), digest_size=8).hexdigest()

    def take_answer(self, sent: Sent, answer: Answer) -> None:
        """Record an answer: it must be on the disk by now, and the same as all earlier ones."""
        self.tally["answers"] += 1
        if sent.answer is not None:
            if answer != sent.answer:
                raise Broken("I2", f"{sent.name} was answered {shown(sent.answer)}, and again {shown(answer)}")
            self.tally["repeated answers"] += 1
            return
        sent.answer = answer
        ((sent.until,),) = self.disk.rows.execute("SELECT count(*) FROM events")
        self.tally["acknowledged" if answer.status < 400 else "refused"] += 1
        if sent.key is not None and not self._has("SELECT 1 FROM receipts WHERE key = ?", sent.key):
            raise Broken("I1", f"{sent.name} was answered {shown(answer)}, and no receipt is on the disk")
        if answer.status < 400:
            self._learn(sent, sent.stream(answer), answer)

    def _learn(self, sent: Sent, stream_id: str, answer: Answer) -> None:
        where = "SELECT 1 FROM events WHERE stream_id = ? AND version = ? AND position = ?"
        if not self._has(where, stream_id, answer.version, answer.position):
            raise Broken("I1", f"{sent.name} was answered {shown(answer)}, and that is not on the disk")
        self.versions[stream_id] = max(self.versions.get(stream_id, 0), answer.version or 0)
        kind, _, identity = stream_id.partition("-")
        if sent.type.makes:
            self.known.ids[kind].append(identity)
        if sent.kind in {"sign up", "add member", "accept"}:
            self.known.members[identity].append(_member_id(answer))
        elif sent.kind == "add many":
            results = msgspec.json.decode(answer.body)["results"]
            self.known.members[identity] += [one["member"]["member_id"] for one in results if "member" in one]
        elif sent.kind in {"invite", "renew invitation"}:
            self.known.tokens += sent.secrets
            invitation_id = msgspec.json.decode(answer.body)["invitation"]["invitation_id"]
            if sent.kind == "invite":
                self.known.invitations[identity].append(invitation_id)
        elif sent.kind == "grant":
            self.known.grants[identity].append(msgspec.json.decode(answer.body)["grant_id"])

    def _has(self, sql: str, *parameters: str | int | None) -> bool:
        return self.disk.rows.execute(sql, parameters).fetchone() is not None


def _member_id(answer: Answer) -> str:
    rest = answer.body.rpartition(b'"member_id":"')[2]
    return rest[:36].decode()


def shown(answer: Answer) -> str:
    """Write an answer for the log."""
    return f"{answer.status} v{answer.version} p{answer.position} {answer.body.decode()}"
