"""Which events are wanted, as patterns: `account.opened`, `member.*`, or `*` for all."""

from __future__ import annotations

import msgspec

from seatkeeper.http.server.validation import FieldError
from seatkeeper.storage.registry import KINDS

ALL = "*"
PATTERNS = (ALL, *dict.fromkeys(f"{tag.partition('.')[0]}.*" for tag in KINDS.event_types), *KINDS.event_types)
"""Every pattern that some type of event fits."""


def patterns_if_given(field: str, given: list[str] | msgspec.UnsetType) -> list[str] | msgspec.UnsetType:
    """Keep each pattern once, unless they were left out; raise FieldError for one that no type fits."""
    if isinstance(given, msgspec.UnsetType):
        return given
    found = list(dict.fromkeys(given))
    unknown = next((pattern for pattern in found if pattern not in PATTERNS), None)
    if unknown is not None:
        raise FieldError(field, f"Expected some of {', '.join(PATTERNS)}, and not {unknown!r}")
    return found
