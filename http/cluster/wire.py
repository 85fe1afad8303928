"""What edges and shards send each other: many commands in one message, and their outcomes in one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar

import msgspec

from seatkeeper.actors.accounts.answers import Added
from seatkeeper.actors.aggregates.aggregate import AggregateFailed, CommandOptions
from seatkeeper.actors.aggregates.directory import DirectoryFull
from seatkeeper.actors.aggregates.journal import (
    IdempotencyKey,
    JournalFull,
    NotStored,
    OutcomeUnknown,
    StreamDamaged,
)
from seatkeeper.actors.aggregates.messages import Accepted, Command, Context, DryRun, Outcome, Refusal
from seatkeeper.actors.runtime.inbox import InboxFull
from seatkeeper.actors.subscriptions.plan import Offer
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.idempotency import AnswerWriter, RequestKey
from seatkeeper.http.server.routes import Call, Route
from seatkeeper.storage.errors import EventDamaged, StorageDown, StorageFull
from seatkeeper.storage.registry import KINDS

T = TypeVar("T")


class SentKey(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An idempotency key, and what its receipt is written with."""

    key: str
    fingerprint: bytes
    route: str
    ids: dict[str, str]
    path: str
    request_id: str


class SentCommand(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A command to an aggregate with its options, or a refusal to be stored where `kind` is empty."""

    kind: str
    aggregate_id: str
    type: str
    content: msgspec.Raw
    expected_versions: list[int] | None
    context: Context | None
    key: SentKey | None
    fresh: bool
    dry_run: bool = False


class SentOutcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of a command: accepted with a value of a type, refused by a rule, or failed with an error."""

    what: str
    type: str
    content: msgspec.Raw
    version: int = 0
    position: int = 0


class SentDryRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a command would answer, and the events that it would store, each with its tag."""

    value: msgspec.Raw
    stream_id: str
    events: list[tuple[str, msgspec.Raw]]


ACCEPTED, DRY_RUN, REFUSED, FAILED = "accepted", "dry-run", "refused", "failed"

_encode = msgspec.msgpack.Encoder().encode
_commands = msgspec.msgpack.Decoder(list[SentCommand])
_outcomes = msgspec.msgpack.Decoder(list[SentOutcome])

_ERRORS: Mapping[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        *(StorageDown, StorageFull, JournalFull, DirectoryFull, InboxFull, NotStored),
        *(OutcomeUnknown, EventDamaged, StreamDamaged, AggregateFailed),
    )
}
"""The errors that the client is told by name; any other is told as what it is a kind of."""


def pack_command(
    kind: str, aggregate_id: str, message: Command | Refusal, options: CommandOptions, *, fresh: bool = False
) -> SentCommand:
    """Make a command ready to be sent, or a refusal to be stored."""
    expected = options.expected_versions
    return SentCommand(
        kind=kind,
        aggregate_id=aggregate_id,
        type=type(message).__name__,
        content=msgspec.Raw(_encode(message)),
        expected_versions=None if expected is None else sorted(expected),
        context=options.context,
        key=_pack_key(options.key),
        fresh=fresh,
        dry_run=options.dry_run,
    )


def _pack_key(key: IdempotencyKey | None) -> SentKey | None:
    if key is None:
        return None
    if not isinstance(key, RequestKey) or not isinstance(key.write, AnswerWriter):
        message = f"{key!r} cannot be sent"
        raise TypeError(message)
    write = key.write
    return SentKey(key.key, key.fingerprint, write.route.name, dict(write.call.ids), write.path, write.request_id)


def write_commands(commands: Sequence[SentCommand]) -> bytes:
    """Write a message of commands."""
    return _encode(commands)


def read_commands(message: bytes) -> list[SentCommand]:
    """Read a message of commands; raise msgspec.DecodeError."""
    return _commands.decode(message)


def command_of(sent: SentCommand) -> Command:
    """Read the command; raise KeyError or msgspec.DecodeError for one that this version does not know."""
    return _read(_command_types()[sent.type], sent.content)


def refusal_of(sent: SentCommand) -> Refusal:
    """Read the refusal that is to be stored."""
    return _read(_refusal_types()[sent.type], sent.content)


def options_of(sent: SentCommand) -> CommandOptions:
    """Read the options of a command; its key writes the receipt as the edge would."""
    key, expected = sent.key, sent.expected_versions
    versions = None if expected is None else frozenset(expected)
    if key is None:
        return CommandOptions(versions, None, sent.context, sent.dry_run)
    call: Call[object, object] = Call(ids=key.ids, query=None, body=None)
    write = AnswerWriter(_routes()[key.route], call, key.path, key.request_id)
    return CommandOptions(versions, RequestKey(key.key, key.fingerprint, write), sent.context)


def pack_outcome(outcome: Outcome | Exception) -> SentOutcome:
    """Make an outcome, or the error in its place, ready to be sent."""
    if isinstance(outcome, Accepted):
        value = outcome.value
        content = msgspec.Raw(_encode(value))
        what = ACCEPTED
        if isinstance(outcome, DryRun):
            events = [(event.tag, msgspec.Raw(_encode(event))) for event in outcome.events]
            content = msgspec.Raw(_encode(SentDryRun(content, outcome.stream_id, events)))
            what = DRY_RUN
        return SentOutcome(what, type(value).__name__, content, outcome.version, outcome.position)
    if isinstance(outcome, Refusal):
        return SentOutcome(REFUSED, type(outcome).__name__, msgspec.Raw(_encode(outcome)))
    known = next((kind for kind in type(outcome).__mro__ if _ERRORS.get(kind.__name__) is kind), AggregateFailed)
    return SentOutcome(FAILED, known.__name__, msgspec.Raw(_encode(str(outcome))))


def write_outcomes(outcomes: Iterable[SentOutcome]) -> bytes:
    """Write an answer."""
    return _encode(list(outcomes))


def read_outcomes(answer: bytes, count: int) -> list[Outcome | Exception]:
    """Read an answer to so many commands; raise ValueError. What this version does not know is of unknown outcome."""
    sent = _outcomes.decode(answer)
    if len(sent) != count:
        message = f"{len(sent)} outcomes of {count} commands"
        raise ValueError(message)
    return [_known(one) for one in sent]


def _known(sent: SentOutcome) -> Outcome | Exception:
    try:
        return _outcome(sent)
    except (KeyError, msgspec.DecodeError) as error:
        return OutcomeUnknown(f"the shard has another version: it answered with {sent.type!r}, {error!r}")


def _outcome(sent: SentOutcome) -> Outcome | Exception:
    if sent.what == ACCEPTED:
        return Accepted(_value(sent.type, sent.content), sent.version, sent.position)
    if sent.what == DRY_RUN:
        run = _read(SentDryRun, sent.content)
        events = [_read(KINDS.event_types[tag], content) for tag, content in run.events]
        return DryRun(_value(sent.type, run.value), sent.version, sent.position, run.stream_id, events)
    if sent.what == REFUSED:
        return _read(_refusal_types()[sent.type], sent.content)
    kind = _ERRORS[sent.type]
    return kind() if kind is StorageFull else kind(msgspec.msgpack.decode(sent.content, type=str))


def _value(name: str, content: msgspec.Raw) -> object:
    return None if name == "NoneType" else _read(_value_types()[name], content)


def _read(kind: type[T], content: msgspec.Raw) -> T:
    return msgspec.msgpack.decode(content, type=kind)


@cache
def _routes() -> Mapping[str, Route]:
    return {route.name: route for route in ROUTES}


@cache
def _command_types() -> Mapping[str, type[Command]]:
    return _by_name(Command)


@cache
def _refusal_types() -> Mapping[str, type[Refusal]]:
    return _by_name(Refusal)


@cache
def _value_types() -> Mapping[str, type[msgspec.Struct]]:
    answers = {route.answer for route in ROUTES if route.writes}
    return {kind.__name__: kind for kind in [Offer, Added, *answers] if isinstance(kind, type)}


def _by_name(base: type[T]) -> Mapping[str, type[T]]:
    """Find all kinds of a message by their names; raise ValueError when two share one."""
    found: dict[str, type[T]] = {}
    waiting = list(base.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if found.setdefault(kind.__name__, kind) is not kind:
            message = f"two kinds of {base.__name__} are called {kind.__name__}"
            raise ValueError(message)
    return found
