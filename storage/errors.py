"""The errors of the storage, the same for every engine."""

from __future__ import annotations

from seatkeeper.actors.aggregates.journal import NotStored, StreamDamaged


class DatabaseRefused(Exception):
    """The file cannot be used; the message tells the operator why."""


class StorageDown(NotStored):
    """The database is not open now: nothing was stored."""


class StorageFull(NotStored):
    """The disk is full: nothing was stored."""

    def __init__(self) -> None:
        super().__init__("the disk is full")


class TooManyQueries(Exception):
    """The queue of queries is full: try again in a moment."""


class QueryTooSlow(Exception):
    """The query took longer than its deadline and was stopped."""


class EventDamaged(StreamDamaged):
    """A stored event is missing or was changed; the message names its position."""
