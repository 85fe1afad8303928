"""The words that both contexts share: commands, events, refusals, what a decision is, and what comes of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import ClassVar, TypeAlias

import msgspec


class Command(msgspec.Struct, frozen=True, gc=False):
    """An imperative to one aggregate. Ids and times come with it: a decision has no clock and no dice."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """A fact in the past tense. Its tag and its fields are a contract for ever."""

    tag: ClassVar[str]


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A named rule that a command would have broken: an answer, not a failure.

    The docstring of a subclass is the sentence that the client reads, with its fields filled in.
    """

    def __str__(self) -> str:
        """Tell the rule in one sentence."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return inspect.cleandoc(type(self).__doc__ or "").format_map(fields)

    @classmethod
    @cache
    def slug(cls) -> str:
        """Name the rule for programs: `NoSeatLeft` is `no-seat-left`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()


Decision: TypeAlias = Sequence[Event] | Refusal

NOTHING: Sequence[Event] = ()
"""The decision to change nothing: what was asked for is so already."""


class Done(msgspec.Struct, gc=False):
    """An accepted command: the answer, the version and, from the commit on, the position of the last event."""

    value: object
    version: int
    position: int


Outcome: TypeAlias = Done | Refusal
