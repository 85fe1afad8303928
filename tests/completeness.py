"""Lists of examples in tests that must hold one of each kind, so that a new command or route is not forgotten."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def check_complete(name: str, listed: Iterable[str], wanted: Iterable[str]) -> None:
    """Fail unless exactly what is wanted is listed; `name` says which list to extend, and where it is."""
    listed, wanted = set(listed), set(wanted)
    assert not wanted - listed, f"add to {name}: {', '.join(sorted(wanted - listed))}"
    assert not listed - wanted, f"remove from {name}: {', '.join(sorted(listed - wanted))}"


def is_immutable(value: object) -> bool:
    """Whether a value holds nothing that changes: metadata is replaced, and never changed in place."""
    if isinstance(value, msgspec.Struct):
        frozen = value.__struct_config__.frozen
        return frozen and all(is_immutable(getattr(value, name)) for name in value.__struct_fields__)
    return isinstance(value, str | int | None | msgspec.UnsetType | frozenset) or is_metadata(value)


def is_metadata(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for entry in value.items() for part in entry)
