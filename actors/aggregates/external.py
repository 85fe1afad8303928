"""What other systems keep with an aggregate or a member: their own id of it, and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import UNSET, UnsetType

from seatkeeper.actors.aggregates.messages import Refusal

Metadata: TypeAlias = dict[str, str]
"""Texts by name. It is replaced and never changed in place, so that a state and its answers may share it."""

MetadataChange: TypeAlias = dict[str, str | None]
"""Texts to put into metadata; None removes an entry."""

MOST_ENTRIES = 50
MOST_BYTES = 8 * 1024
"""In UTF-8, keys and values together."""


class ExternalIdTaken(Refusal, frozen=True, gc=False):
    """External id taken: another {resource} has {external_id}. Use another one, or change that {resource} first."""

    resource: Literal["account", "plan", "member"]
    external_id: str


class MetadataTooLarge(Refusal, frozen=True, gc=False):
    """Metadata too large: {entries} entries and {size} bytes, of {most_entries} and {most_bytes}. Remove some."""

    entries: int
    size: int
    most_entries: int
    most_bytes: int


def differing(metadata: Metadata | None, change: MetadataChange | UnsetType) -> MetadataChange | MetadataTooLarge:
    """Return what a change really changes; refuse what would leave too many entries, or too many bytes."""
    if change is UNSET:
        return {}
    known = metadata or {}
    differs = {key: value for key, value in change.items() if known.get(key) != value}
    if differs:
        after = merged(metadata, differs) or {}
        size = size_of(after)
        if len(after) > MOST_ENTRIES or size > MOST_BYTES:
            return MetadataTooLarge(len(after), size, MOST_ENTRIES, MOST_BYTES)
    return differs


def merged(metadata: Metadata | None, change: MetadataChange) -> Metadata | None:
    """Return the metadata with this change; None when nothing is left."""
    entries = {**(metadata or {}), **change}
    return {key: value for key, value in entries.items() if value is not None} or None


def size_of(metadata: Mapping[str, str | None]) -> int:
    """Count the bytes of keys and values in UTF-8."""
    return sum(len(key.encode()) + len((value or "").encode()) for key, value in metadata.items())
