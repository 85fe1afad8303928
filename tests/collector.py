"""Count live objects, to find what only the garbage collector would free."""

from __future__ import annotations

import gc


def alive(*types: type) -> int:
    """Count the live objects of these types."""
    return sum(isinstance(each, types) for each in gc.get_objects())
