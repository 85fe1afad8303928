"""The walk along one stream, which explains each of its events by one command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invariants import unsettled
from seatkeeper.actors.accounts.terms.commands import ChangeTerms
from seatkeeper.actors.aggregates.aggregate import VersionMismatch
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import TIMER, Accepted, Command, Context, Decision, DryRun, Event, Refusal
from seatkeeper.actors.processes.offers import terms_of
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.actors.subscriptions.plan import Offer
from seatkeeper.http.server.problems import refusal_body
from seatkeeper.http.server.routes import Answer, Call, Nothing
from tests.simulation.clock import WallClock, earlier
from tests.simulation.ledger import Ledger
from tests.simulation.names import Names
from tests.simulation.sending import Sent, Tried, asked
from tests.simulation.states import States
from tests.simulation.timing import asks_a_plan, earliest, sent_by_timers
from tests.simulation.world import Broken, shown

Answered = tuple[Sent, Answer]
Packages = Mapping[str, Mapping[int, tuple[Package, int]]]


@dataclass
class Stream:
    """The events of one aggregate, where they are, who caused them, and when they were recorded."""

    id: str
    events: list[Event] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    times: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.id.partition("-")[0]

    @property
    def identity(self) -> str:
        return self.id.partition("-")[2]

    def appended_after(self, version: int) -> int:
        """Return the version up to which the events belong together that follow this one: they have one cause."""
        end = version + 1
        while end < len(self.events) and self.contexts[end] == self.contexts[version]:
            end += 1
        return end

    def version_at(self, position: int | None) -> int:
        """Return the version that the stream had at this position of the journal; the last one without it."""
        return sum(position is None or at <= position for at in self.positions)


class Facts(NamedTuple):
    """What is known beside a stream: what was for sale, who had which external id, the clock, and all dry runs."""

    sold: Packages
    names: Names
    clock: WallClock
    tried: Sequence[tuple[Sent, Tried]]


class Explained(NamedTuple):
    """The cause of events: the command, what was decided on it, and who sent it, if it was a client."""

    sent: Sent | None
    command: Command
    decision: Decision


APART = 6
"""Seconds by which the clocks of two machines may differ, and what lies between a request and its decision."""


class Answers(NamedTuple):
    """The answers of clients for a stream: what was accepted, by version, and what was refused.

    `by_request` are all commands by the ids of their requests, `explained` those that have events by now, and
    `foretold` the dry runs that have come true by now, by the ids of their requests.
    """

    accepted: Mapping[int, Sequence[Answered]]
    refused: Sequence[Answered]
    by_request: Mapping[str, Sent]
    explained: set[Sent]
    foretold: set[str]


class Walk:
    """The walk along a stream: its states, and the commands that explain its events."""

    def __init__(self, states: States, stream: Stream, answers: Answers, facts: Facts) -> None:
        self.state: object = None
        self._states = states
        self.justified: set[Sent] = set()
        self._stream = stream
        self._answers = answers
        self._accepted = answers.accepted
        self._refused = [
            (sent, answer, sent.since[stream.id], stream.version_at(sent.until)) for sent, answer in answers.refused
        ]
        self._facts = facts
        self._explained_to = 0
        self._cause: Explained | None = None
        self._ledger = Ledger() if stream.kind == "account" else None
        self._tried = [(sent, tried) for sent, tried in facts.tried if stream.id in sent.since]

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
            if version == self._explained_to:
                self._check_whole(version)
            if version == self._explained_to < len(events):
                self._explain(version)
        for version, answered in self._accepted.items():
            if answered and not 0 < version <= len(events):
                raise Broken("I1", f"{answered[0][0].name} was answered {shown(answered[0][1])}, and that is lost")

    def _check_rules(self, version: int, event: Event) -> None:
        if self.state is not None:
            for rule in self._states.broken_rules(self.state, event):
                raise Broken("I4", f"{self._stream.id} has {rule} at version {version}")
        if self._ledger is not None:
            self._ledger.enter(event)

    def _check_whole(self, version: int) -> None:
        """Check what holds after whole appends, and what dry runs have told there."""
        if self._ledger is not None and isinstance(self.state, Account):
            for rule in (*self._ledger.wrong(self.state), *unsettled(self.state)):
                raise Broken("I4", f"{self._stream.id} has {rule} at version {version}")
        for sent, tried in self._tried:
            if self._foretells(sent, tried, version):
                self._answers.foretold.add(tried.request_id)

    def _foretells(self, sent: Sent, tried: Tried, version: int) -> bool:
        """Tell whether a dry run is right in this state; raise Broken where it names this version and is not."""
        told = tried.outcome
        if isinstance(told, DryRun):
            right = told.version - len(told.events) == version and told.stream_id == self._stream.id
            if right and self._follows(asked(sent, self.state, told.events, tried.at), told.events) is None:
                raise Broken("I3", f"a dry run of {sent.name} told {told.events}, which do not follow")
            return right
        if isinstance(told, VersionMismatch):
            return told.current_version == version != sent.expected
        elsewhere = isinstance(told, ExternalIdTaken) and told.resource != "member"
        commands = self._possible(asked(sent, self.state, [], tried.at))
        return elsewhere or any(self._states.decide(self.state, command) == told for command in commands)

    def _check_answers(self, version: int) -> None:
        """Every command that was accepted at this version had an effect of its own, or nothing to do."""
        for sent, answer in self._accepted.get(version, ()):
            cause = self._cause
            if cause is None or version != self._explained_to or cause.sent is not sent:
                cause = self._nothing_to_do(sent, version)
            if cause is None:
                raise Broken("I1", f"{sent.name} was accepted at version {version}, and its events are not there")
            if not version or self.state is None or answer.position != self._stream.positions[version - 1]:
                raise Broken("I3", f"{sent.name} was answered {shown(answer)}, which is not where that version is")
            events = () if isinstance(cause.decision, Refusal) else cause.decision
            value = self._states.answer(self.state, version, cause.command, events)
            expected = sent.route.accepted(Call(sent.ids, Nothing(), None), Accepted(value, version, answer.position))
            if answer != expected:
                raise Broken("I3", f"{sent.name} was answered {shown(answer)}, and a replay says {shown(expected)}")

    def _nothing_to_do(self, sent: Sent, version: int) -> Explained | None:
        """Decide on a command in this state; None if it would change something."""
        for at in dict.fromkeys(sent.times.values()):
            command = asked(sent, self.state, [], at)
            decision = self._states.decide(self.state, command)
            if not isinstance(decision, Refusal) and not decision and sent.expected in {None, version}:
                return Explained(sent, command, decision)
        return None

    def _explain(self, version: int) -> None:
        """Find the cause of the next events, by deciding again."""
        stream = self._stream
        end, context = stream.appended_after(version), stream.contexts[version]
        events = stream.events[version:end]
        if context.actor == TIMER:
            self._cause = self._explain_by_timer(version, events)
        else:
            self._cause = self._explain_by_command(version, events, self._answers.by_request.get(context.request_id))
        if self._cause is None:
            raise Broken("I2", f"version {version + 1} of {stream.id} is what nothing explains: {events}")
        self._explained_to = end

    def _explain_by_command(self, version: int, events: Sequence[Event], sent: Sent | None) -> Explained | None:
        if sent is None or sent in self._answers.explained or sent.expected not in {None, version}:
            return None
        end = version + len(events)
        answered = sent.answer is not None or sent.key is not None
        if answered and not any(sent is other for other, _ in self._accepted.get(end, ())):
            return None
        at = sent.times[self._stream.contexts[version].request_id]
        self._check_punctual(version, sent, at)
        self._answers.explained.add(sent)
        command = asked(sent, self.state, events, at)
        decision = self._follows(command, events)
        return None if decision is None else Explained(sent, command, decision)

    def _explain_by_timer(self, version: int, events: Sequence[Event]) -> Explained | None:
        assert isinstance(self.state, Account)
        first = earliest(self.state)
        if first is not None and first[0] > self._facts.clock.latest:
            raise Broken("I4", f"{first} came at version {version} of {self._stream.id}, before its time")
        position = self._stream.positions[version]
        sold = {
            plan_id: [terms_of(Offer(PlanId(plan_id), n, p)) for n, (p, since) in some.items() if since < position]
            for plan_id, some in self._facts.sold.items()
        }
        for command in sent_by_timers(self.state, events, self._stream.times[version], sold):
            decision = self._follows(command, events)
            if decision is not None:
                return Explained(None, command, decision)
        return None

    def _check_punctual(self, version: int, sent: Sent, at: str) -> None:
        """Nobody finds in force what is over, unless a clock went back, or a plan has to be asked first."""
        first, clock = earliest(self.state), self._facts.clock
        if first is None or not isinstance(self.state, Account) or clock.set_back or asks_a_plan(self.state, first):
            return
        if first[0] < earlier(at, APART):
            raise Broken("I4", f"{sent.name} was decided at version {version}, with {first} still in force")

    def _follows(self, command: Command, events: Sequence[Event]) -> Decision | None:
        """Decide on a command; None if that does not lead to these events."""
        decision = self._states.decide(self.state, command)
        return None if isinstance(decision, Refusal) or list(decision) != list(events) else decision

    def _justify_refusals(self, version: int) -> None:
        for sent, answer, since, until in self._refused:
            if since <= version <= until and sent not in self.justified and self._refuses(sent, answer, version):
                self.justified.add(sent)

    def _refuses(self, sent: Sent, answer: Answer, version: int) -> bool:
        problem: dict[str, object] = msgspec.json.decode(answer.body)
        if problem["type"] == "/problems/version-mismatch":
            return problem["current_version"] == version != sent.expected
        if problem["type"] == "/problems/external-id-taken" and problem["resource"] != "member":
            return self._facts.names.refuse(sent, answer, problem)
        return any(
            isinstance(decision := self._states.decide(self.state, command), Refusal)
            and refusal_body(decision, sent.path, str(problem["request_id"])) == answer.body
            for at in dict.fromkeys(sent.times.values())
            for command in self._possible(asked(sent, self.state, [], at))
        )

    def _possible(self, command: Command) -> Iterator[Command]:
        """List what a command may have been, by what its plan has sold at any time."""
        if not isinstance(command, ChangeTerms):
            yield command
            return
        plan_id = PlanId(command.terms.plan_id)
        for revision, (package, _) in self._facts.sold.get(plan_id, {}).items():
            yield msgspec.structs.replace(command, terms=terms_of(Offer(plan_id, revision, package)))
