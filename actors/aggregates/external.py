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
    """External id taken: another {resource} has {external_id}. Use another one, or change that {resource} first.

    It comes when a plan or an account gets an external id that another one in the service has, or a member one
    that another member of the account has.

    Find who has the external id with the list that takes it as a filter. If it is the same thing, it was made
    already, and there is nothing to do. Otherwise use another id, or give this one up where it is.
    """

    resource: Literal["account", "plan", "member"]
    external_id: str


class MetadataTooLarge(Refusal, frozen=True, gc=False):
    """Metadata too large: {entries} entries and {size} bytes, of {most_entries} and {most_bytes}. Remove some.

    It comes when what would be stored, with what is there already, has too many entries or too many bytes in
    UTF-8.

    Remove entries by setting them to null in the same change, or keep long texts in a system of your own and store
    their ids.
    """

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
