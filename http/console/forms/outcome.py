"""What came of a form, or would come of it, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from seatkeeper.http.events_out.words import label, named

_LEFT_OUT = frozenset({"version"})
"""What changes with every event, and tells nobody anything."""


class Change(NamedTuple):
    """A value that becomes another one."""

    what: str
    before: str
    after: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says under a form: what would be done, what was done, or why it is not."""

    done: bool = False
    accepted: bool = True
    replayed: bool = False
    """Whether the same form was sent before, and this is the answer that was given then."""
    changes: Sequence[Change] = ()
    says: Sequence[str] = ()
    answer: object = None
    problem: dict[str, object] | None = None
    once: str = ""
    """The field of the answer that is shown this once, if it has one."""


class DryRun(msgspec.Struct, frozen=True):
    """What the API answers to a dry run."""

    accepted: bool
    answer: object = None
    events: list[dict[str, object]] = []
    problem: dict[str, object] | None = None


def would(run: DryRun, before: Mapping[str, object], says: Sequence[str]) -> Outcome:
    """Say what would come of a form; `says` are the sentences of the events."""
    if not run.accepted:
        return Outcome(accepted=False, problem=run.problem)
    return Outcome(changes=changes(before, run.answer), says=says, answer=run.answer)


def did(body: bytes, before: Mapping[str, object], *, once: str, replayed: bool) -> Outcome:
    """Read the answer to what was done; `once` is the field that only the first answer shows."""
    answer = msgspec.json.decode(body) if body else None
    secret = isinstance(answer, Mapping) and once in answer
    return Outcome(
        done=True, replayed=replayed, changes=changes(before, answer), answer=answer, once=once if secret else ""
    )


def changes(before: Mapping[str, object], after: object) -> list[Change]:
    """List what differs between a thing and what becomes of it; nothing where the answer is another thing."""
    if not isinstance(after, Mapping):
        return []
    after = _same(before, after)
    if after is None:
        return []
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name) and name not in _LEFT_OUT]
    return [Change(label(name), named(name, old.get(name)), named(name, new.get(name))) for name in names]


def _same(before: Mapping[str, object], after: Mapping[str, object]) -> Mapping[str, object] | None:
    """Find in an answer the thing that there was before: the answer itself, or one of its parts."""
    name = next((name for name in before if name.endswith("_id")), None)
    if name is None:
        return None
    for part in (after, *after.values()):
        if isinstance(part, Mapping) and part.get(name) == before[name]:
            return part
    return None


def _flat(value: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", inner
