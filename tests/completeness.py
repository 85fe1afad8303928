"""Lists of examples in tests that must hold one of each kind, so that a new command or route is not forgotten."""

from __future__ import annotations

from collections.abc import Iterable


def check_complete(name: str, listed: Iterable[str], wanted: Iterable[str]) -> None:
    """Fail unless exactly what is wanted is listed; `name` says which list to extend, and where it is."""
    listed, wanted = set(listed), set(wanted)
    assert not wanted - listed, f"add to {name}: {', '.join(sorted(wanted - listed))}"
    assert not listed - wanted, f"remove from {name}: {', '.join(sorted(listed - wanted))}"
