"""What clients know by now, and choose from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.simulation.sending import Body
from tests.simulation.steps import Step


class Known:
    """What clients know: the ids of aggregates by kind, those of what accounts have, tokens, and the time."""

    def __init__(self) -> None:
        self.ids: defaultdict[str, list[str]] = defaultdict(list)
        self.members: defaultdict[str, list[str]] = defaultdict(list)
        self.invitations: defaultdict[str, list[str]] = defaultdict(list)
        self.grants: defaultdict[str, list[str]] = defaultdict(list)
        self.tokens: list[str] = []
        """Of invitations; some are worth nothing, as nothing was stored of them."""
        self.now = ""


class Subject(NamedTuple):
    """The ids in the path, the body, and the streams that the command may be refused by, its own first."""

    ids: Mapping[str, str]
    body: Body
    streams: Sequence[str]


def recent(step: Step, known: Sequence[str]) -> str:
    """Choose one of the newest three, so that clients meet; rarely an older one."""
    return known[step.pick(0, len(known))] if step.dice[3] < 0.1 else known[-1 - step.pick(0, min(3, len(known)))]


def external_id(step: Step, chance: float) -> str | None:
    """Choose one of a few external ids, so that they collide; None as often as not."""
    return ("one", "two", "three")[step.pick(2, 3)] if step.dice[1] < chance else None
