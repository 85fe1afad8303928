"""The messages that all contexts share: commands, events, refusals, and outcomes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import ClassVar, TypeAlias

import msgspec


class Command(msgspec.Struct, frozen=True, gc=False):
    """An imperative to one aggregate. It carries new ids and times: a decision has no clock and no random numbers."""


class Question(Command, frozen=True, gc=False):
    """A command that never changes anything: those that wait at the same moment may share one answer."""


class Wake(Question, frozen=True, gc=False):
    """Asks any aggregate whether a timer is left, once it has done all that is due: the answer is when, or None."""


TIMER = "timer"
"""The actor of what happens by itself."""


class Context(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who caused an event.

    `actor` is `key:<key id>`, `open` for a service without keys, `cli`, `timer`, `rollout:<id>` or `console:<key id>`;
    `on_behalf_of` is the customer's user for whom a backend acted, as it was sent, and `traceparent` the place in a
    trace (W3C Trace Context) from which the command came, if it came from one.
    """

    actor: str
    request_id: str
    on_behalf_of: str | None = None
    traceparent: str | None = None


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact in the past tense. Its tag and its fields never change."""

    tag: ClassVar[str]
    hidden: ClassVar[frozenset[str]] = frozenset()
    """The fields that are stored, and that nobody outside may read: the hash of a secret."""

    def shown(self) -> dict[str, object]:
        """Return the fields that readers outside get, ready to be encoded."""
        fields: dict[str, object] = msgspec.to_builtins(self)
        return {name: value for name, value in fields.items() if name not in self.hidden}


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A named rule that a command would have broken: an answer, not a failure.

    The first paragraph of a subclass's docstring is the `detail` that the client reads, with its fields filled in. The
    other two are for the page of the problem: when it comes, and what to do.
    """

    def __str__(self) -> str:
        """Return the first paragraph of the docstring, with the fields filled in."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return self.paragraphs()[0].format_map(fields)

    @classmethod
    @cache
    def paragraphs(cls) -> Sequence[str]:
        """Return the paragraphs of the docstring."""
        return [" ".join(paragraph.split()) for paragraph in inspect.cleandoc(cls.__doc__ or "").split("\n\n")]

    @classmethod
    @cache
    def slug(cls) -> str:
        """Return the name of the rule for programs: `no-seat-left` for `NoSeatLeft`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()


class NotFound(Refusal, frozen=True, gc=False):
    """The aggregate or member that the command names does not exist."""


class Gone(Refusal, frozen=True, gc=False):
    """What the command names was there, and is over for good."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """A refusal inside of an answer or of another refusal: its slug, its sentence and its fields."""

    slug: str
    detail: str
    fields: dict[str, object]


def told(refusal: Refusal) -> Told:
    """Tell a refusal."""
    return Told(refusal.slug(), str(refusal), msgspec.structs.asdict(refusal))


class OneOfMany(Refusal, frozen=True, gc=False):
    """The refusal of one of many entries, which refuses all: who reads it is told why, and which entry it is."""

    index: int
    refusal: Told


Decision: TypeAlias = Sequence[Event] | Refusal

NOTHING: Sequence[Event] = ()
"""The decision to change nothing: the state is already what the command asks for."""


class Accepted(msgspec.Struct, gc=False):
    """An accepted command: the answer, the version and, from the commit on, the position of the last event."""

    value: object
    version: int
    position: int


class DryRun(Accepted, gc=False):
    """A command that would be accepted: what it would answer, at which version, and the events that it would store.

    `position` is that of the last event that is stored.
    """

    stream_id: str
    events: Sequence[Event]


Outcome: TypeAlias = Accepted | Refusal
