"""The errors of the storage, the same for every engine."""

from __future__ import annotations

from seatkeeper.actors.aggregates.journal import NotStored, StreamDamaged


class DatabaseRefused(Exception):
    """The file cannot be used; the message tells the operator why."""


class StorageAway(DatabaseRefused):
    """The server cannot be reached, or takes no writes now; it may be back in a moment."""


class StorageLost(Exception):
    """What the journal writes to was taken over or replaced: nothing was stored, and the journal gives up."""


class FileReplaced(StorageLost):
    """Another file lies at the path of one that the service has open, or none; nothing was stored."""

    def __init__(self, path: str, *, holds_commits: bool) -> None:
        super().__init__(f"{path} was removed, renamed or replaced while it was served")
        self.holds_commits = holds_commits
        """Whether what was acknowledged may be lost with it."""


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


class QueryFailed(Exception):
    """The database could not run the query, for a reason that waiting does not mend; the message tells the operator."""


class EventDamaged(StreamDamaged):
    """A stored event is missing or was changed; the message names its position."""
