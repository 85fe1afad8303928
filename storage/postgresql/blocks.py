"""Which blocks of 1,024 positions have events of a type or of an actor, told before the positions are known."""

from __future__ import annotations

from collections.abc import Sequence

from seatkeeper.storage.records import EventColumns
from seatkeeper.storage.sqlite.blocks import BITS, SIZE, of_actor, of_type

__all__ = ["BITS", "offsets"]


def offsets(events: Sequence[EventColumns]) -> list[tuple[str, int]]:
    """List what there is, with the number of the first and the last event that has it, of each 1,024 events.

    Those lie in two blocks at most, wherever the first one comes to lie, so no event between is in a third.
    """
    found: dict[tuple[str, int], list[int]] = {}
    for number, (_, _, tag, _, _, _, context) in enumerate(events, 1):
        part = number // SIZE
        _note(found, of_type(tag), part, number)
        if context is not None:
            _note(found, of_actor(context.split('"', 4)[3]), part, number)  # it is the first field
    return [(what, number) for (what, _), numbers in found.items() for number in numbers]


def _note(found: dict[tuple[str, int], list[int]], what: str, part: int, number: int) -> None:
    numbers = found.get((what, part))
    if numbers is None:
        found[what, part] = [number]
    else:
        numbers[1:] = [number]
