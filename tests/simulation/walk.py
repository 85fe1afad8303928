"""The walk along one stream, which explains each of its events by one command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from seatkeeper.actors.accounts.commands import ChangeTerms, Terms
from seatkeeper.actors.accounts.events import PlanId
from seatkeeper.actors.aggregates.messages import Accepted, Event, Refusal
from seatkeeper.actors.subscriptions.events import Package
from seatkeeper.http.server.problems import refusal_body
from seatkeeper.http.server.routes import Answer, Call, Nothing
from tests.simulation.commands import Sent, asked
from tests.simulation.names import Names
from tests.simulation.states import States
from tests.simulation.world import Broken, shown

Answered = tuple[Sent, Answer]
Packages = Mapping[str, Mapping[int, tuple[Package, int]]]

MOST = 3
"""Events of one command, at most."""


@dataclass
class Stream:
    """The events of one aggregate, and their positions."""

    id: str
    events: list[Event]
    positions: list[int]

    @property
    def kind(self) -> str:
        return self.id.partition("-")[0]

    @property
    def identity(self) -> str:
        return self.id.partition("-")[2]

    def version_at(self, position: int | None) -> int:
        """Return the version that the stream had at this position of the journal; the last one without it."""
        return sum(position is None or at <= position for at in self.positions)


class Answers(NamedTuple):
    """The answers of clients for a stream: what was accepted, by version, and what was refused.

    `unknown` are the commands without a key and without an answer, by the names of their steps.
    """

    accepted: Mapping[int, Sequence[Answered]]
    refused: Sequence[Answered]
    unknown: dict[str, Sent]


class Walk:
    """The walk along a stream: its states, and the commands that explain its events."""

    def __init__(self, states: States, stream: Stream, answers: Answers, sold: Packages, names: Names) -> None:
        self.state: object = None
        self._states = states
        self.justified: set[Sent] = set()
        self._stream = stream
        self._accepted = answers.accepted
        self._refused = [
            (sent, answer, sent.since[stream.id], stream.version_at(sent.until)) for sent, answer in answers.refused
        ]
        self._unknown = answers.unknown
        self._packages = sold
        self._names = names
        self._explained_to = 0
        self._claims: Sequence[Sent] = ()

    def states(self) -> Iterator[tuple[int, object]]:
        """Walk, and yield each version with its state."""
        events = self._stream.events
        for version in range(len(events) + 1):
            if version:
                self.state = self._states.evolve(self.state, events[version - 1])
                self._check_rules(version, events[version - 1])
                yield version, self.state
            self._check_answers(version)
            self._justify_refusals(version)
            if version == self._explained_to < len(events):
                self._explain(version)
        for version, answered in self._accepted.items():
            if answered and not 0 < version <= len(events):
                raise Broken("I1", f"{answered[0][0].name} was answered {shown(answered[0][1])}, and that is lost")

    def _check_rules(self, version: int, event: Event) -> None:
        if self.state is not None:
            for rule in self._states.broken_rules(self.state, event):
                raise Broken("I4", f"{self._stream.id} has {rule} at version {version}")

    def _check_answers(self, version: int) -> None:
        """Every command that was accepted at this version had an effect of its own, or nothing to do."""
        effects = []
        for sent, answer in self._accepted.get(version, ()):
            self._check_answer(sent, answer, version)
            if not self._had_nothing_to_do(sent, version):
                effects.append(sent)
        if len(effects) > 1:
            raise Broken("I1", f"{effects[0].name} and {effects[1].name} were accepted for the same events")
        if effects and (version != self._explained_to or effects[0] not in self._claims):
            raise Broken("I1", f"{effects[0].name} was accepted at version {version}, and its events are not there")

    def _check_answer(self, sent: Sent, answer: Answer, version: int) -> None:
        if not version or self.state is None or answer.position != self._stream.positions[version - 1]:
            raise Broken("I3", f"{sent.name} was answered {shown(answer)}, which is not the position of that version")
        command = asked(sent, self.state, self._own_events(sent, version))
        value = self._states.answer(self.state, version, command)
        expected = sent.route.accepted(Call(sent.ids, Nothing(), None), Accepted(value, version, answer.position))
        if answer != expected:
            raise Broken("I3", f"{sent.name} was answered {shown(answer)}, and a replay says {shown(expected)}")

    def _own_events(self, sent: Sent, version: int) -> Sequence[Event]:
        """Return the events of a command whose ids the service chose, so that only the events have them."""
        events = self._stream.events[:version]
        made = {"sign up": 2, "add member": 2 if sent.body.get("seated") else 1}.get(sent.kind, int(not sent.since))
        return events[len(events) - made :]

    def _had_nothing_to_do(self, sent: Sent, version: int) -> bool:
        decision = self._states.decide(self.state, asked(sent, self.state, []))
        return not isinstance(decision, Refusal) and not decision and sent.expected in {None, version}

    def _explain(self, version: int) -> None:
        """Find the command of the next events, by deciding again."""
        events = self._stream.events
        for size in range(MOST, 0, -1):
            some = events[version : version + size]
            self._claims = [
                sent
                for sent, _ in self._accepted.get(version + size, ())
                if len(some) == size and sent.expected in {None, version} and self._follows(sent, some)
            ]
            if self._claims:
                self._explained_to = version + size
                return
        for name in _names(events[version]):
            sent = self._unknown.pop(name, None)
            for size in range(MOST, 0, -1):
                if sent is not None and self._follows(sent, events[version : version + size]):
                    self._explained_to = version + size
                    return
        raise Broken("I2", f"version {version + 1} of {self._stream.id} is what no command explains: {events[version]}")

    def _follows(self, sent: Sent, events: Sequence[Event]) -> bool:
        decision = self._states.decide(self.state, asked(sent, self.state, events))
        return not isinstance(decision, Refusal) and list(decision) == list(events)

    def _justify_refusals(self, version: int) -> None:
        for sent, answer, since, until in self._refused:
            if since <= version <= until and sent not in self.justified and self._refuses(sent, answer, version):
                self.justified.add(sent)

    def _refuses(self, sent: Sent, answer: Answer, version: int) -> bool:
        problem: dict[str, object] = msgspec.json.decode(answer.body)
        if problem["type"] == "/problems/version-mismatch":
            return problem["current_version"] == version != sent.expected
        if problem["type"] == "/problems/external-id-taken" and problem["resource"] != "member":
            return self._names.refuse(sent, answer, problem)
        commands = [asked(sent, self.state, [])]
        if isinstance(commands[0], ChangeTerms):
            plan_id = str(sent.body["plan_id"])
            sold = self._packages.get(plan_id, {}).items()
            commands = [ChangeTerms(Terms(PlanId(plan_id), n, p.total_seats, p.user_limit)) for n, (p, _) in sold]
        decisions_ = [self._states.decide(self.state, command) for command in commands]
        return any(
            isinstance(decision, Refusal)
            and refusal_body(decision, sent.path, str(problem["request_id"])) == answer.body
            for decision in decisions_
        )


def _names(event: Event) -> Iterator[str]:
    """Name the commands whose event this may be: `account 3.14` is what the client 3 called it in its step 14."""
    for name in ("account_name", "name", "reason"):
        yield str(getattr(event, name, "")).rpartition(" ")[2]
