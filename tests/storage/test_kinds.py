"""The registration of kinds: every name is registered once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
import pytest

from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.registry import KINDS
from tests.storage.toy_context import TOY_KIND, TOY_KINDS, TOYS, Toy, ToyActor, ToyMade


class OtherToy(Toy, gc=False):
    """Another state."""


class OtherMade(ToyMade, frozen=True, gc=False):
    """Another event."""

    tag: ClassVar[str] = "other.made"


class OtherActor(ToyActor):
    """An actor that shares nothing with the first."""

    kind: ClassVar[str] = "other"
    state_type: ClassVar[type[Any]] = OtherToy
    event_types: ClassVar[Sequence[type[Event]]] = (OtherMade,)


class SameName(OtherActor):
    """An actor with the name of the first."""

    kind = "toy"


class SameEvent(OtherActor):
    """An actor with an event of the first."""

    event_types = (ToyMade,)


class SameState(OtherActor):
    """An actor with the state of the first."""

    state_type = Toy


class Hyphenated(OtherActor):
    """An actor whose streams would be taken for those of `other`."""

    kind = "other-toy"


CLASHES: dict[str, tuple[Callable[[], Kind], str]] = {
    "name": (lambda: Kind(SameName), "toy is registered twice"),
    "event": (lambda: Kind(SameEvent), r"toy\.made is registered twice"),
    "old form": (lambda: Kind(OtherActor, upcasters=TOY_KIND.upcasters), r"toy\.painted is registered twice"),
    "old form of an event of today": (
        lambda: Kind(OtherActor, upcasters={"toy.made": msgspec.json.Decoder(ToyMade).decode}),
        r"toy\.made is registered twice",
    ),
    "state": (lambda: Kind(SameState), "Toy'> is registered twice"),
    "table": (lambda: Kind(OtherActor, views=(replace(TOYS, sqlite=""),)), "toys is registered twice"),
    "hyphen": (lambda: Kind(Hyphenated), "the name other-toy has a hyphen"),
}


@pytest.mark.parametrize(("other", "message"), CLASHES.values(), ids=CLASHES.keys())
def test_a_clash_is_an_error(other: Callable[[], Kind], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Kinds(*TOY_KINDS, other())


def test_kinds_that_share_nothing_are_registered() -> None:
    assert [kind.actor.kind for kind in Kinds(*TOY_KINDS, Kind(OtherActor))] == [
        "account",
        "plan",
        "apikey",
        "webhook",
        "clock",
        "toy",
        "other",
    ]


def test_the_kind_of_a_stream_is_what_stands_before_its_first_hyphen() -> None:
    assert TOY_KINDS.of_stream("toy-a-b-c") is TOY_KIND
    with pytest.raises(KeyError):
        KINDS.of_stream("toy-a-b-c")


def test_a_state_of_no_kind_has_no_views() -> None:
    with pytest.raises(TypeError, match="Toy is the state of no registered kind"):
        KINDS.project(Toy("t1", "Duck"), 1, [])
