"""Filters of lists: what they are typed as, and how they are read."""

from __future__ import annotations

import unicodedata
from typing import Annotated, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

Part: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]
"""A part of a name."""

Sought: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""An external id or an e-mail address to look for."""

AtMost: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


def given(value: T | msgspec.UnsetType) -> T | None:
    """Return the value of a parameter, None where it was left out."""
    return None if value is msgspec.UNSET else value


def normalized(text: str | msgspec.UnsetType) -> str | None:
    """Return a part of a name in the form in which names are stored, None where it was left out."""
    return unicodedata.normalize("NFC", text) if isinstance(text, str) else None


def normalized_id(text: str | msgspec.UnsetType) -> str | None:
    """Return an external id in the form in which it is stored, None where it was left out."""
    return unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else None
