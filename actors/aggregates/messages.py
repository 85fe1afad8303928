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


class Context(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who caused an event.

    `actor` is `key:<key id>`, `open` for a service without keys, `cli`, `timer`, `rollout:<id>` or `console:<key id>`;
    `on_behalf_of` is the customer's user for whom a backend acted, as it was sent.
    """

    actor: str
    request_id: str
    on_behalf_of: str | None = None


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact in the past tense. Its tag and its fields never change."""

    tag: ClassVar[str]
    hidden: ClassVar[frozenset[str]] = frozenset()
    """The fields that are stored, and that nobody outside may read: the hash of a secret."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A named rule that a command would have broken: an answer, not a failure.

    The docstring of a subclass is the `detail` that the client reads, with its fields filled in.
    """

    def __str__(self) -> str:
        """Return the docstring of the class, with the fields filled in."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return inspect.cleandoc(type(self).__doc__ or "").format_map(fields)

    @classmethod
    @cache
    def slug(cls) -> str:
        """Return the name of the rule for programs: `no-seat-left` for `NoSeatLeft`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()


class NotFound(Refusal, frozen=True, gc=False):
    """The aggregate or member that the command names does not exist."""


Decision: TypeAlias = Sequence[Event] | Refusal

NOTHING: Sequence[Event] = ()
"""The decision to change nothing: the state is already what the command asks for."""


class Accepted(msgspec.Struct, gc=False):
    """An accepted command: the answer, the version and, from the commit on, the position of the last event."""

    value: object
    version: int
    position: int


Outcome: TypeAlias = Accepted | Refusal
