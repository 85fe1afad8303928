"""Observers of a journal: who is told of what a commit has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from seatkeeper.actors.aggregates.journal import Append
from seatkeeper.storage.projections.view import Deleted, Row, View, ViewChange


class Observed:
    """The part of a journal that tells its observers; what they give may not raise."""

    def __init__(self) -> None:
        """Begin without observers."""
        self._watched: dict[View, list[Callable[[Row | Deleted], None]]] = {}
        self._followers: list[Callable[[int], None]] = []
        self._told: list[Callable[[Sequence[Append], float], None]] = []
        self._reloads: list[Callable[[], Awaitable[None]]] = []

    def watch(self, view: View, changed: Callable[[Row | Deleted], None]) -> None:
        """Call this with each row of the view that a commit changes, before anything of that commit is answered.

        After a commit of unknown outcome, rows may have changed without a call: see `on_reopened`.
        """
        self._watched.setdefault(view, []).append(changed)

    def on_commit(self, followed: Callable[[int], None]) -> None:
        """Call this after each commit with the position of the last event of the journal."""
        self._followers.append(followed)

    def on_stored(self, stored: Callable[[Sequence[Append], float], None]) -> None:
        """Call this after each commit with the appends that it has stored, and the seconds that it took."""
        self._told.append(stored)

    def on_reopened(self, reload: Callable[[], Awaitable[None]]) -> None:
        """Await this after the journal was opened again, when what is kept in memory may differ from it."""
        self._reloads.append(reload)

    def tell_rows(self, changes: Iterable[ViewChange]) -> None:
        """Tell who watches of the rows of a commit."""
        for view, row in changes:
            for changed in self._watched.get(view, ()):
                changed(row)

    def tell_position(self, position: int) -> None:
        """Tell the followers that the journal has grown to this position."""
        for followed in self._followers:
            followed(position)

    def tell_stored(self, appends: Iterable[Append], seconds: float) -> None:
        """Tell of the appends of a commit."""
        if self._told:
            listed = list(appends)
            for stored in self._told:
                stored(listed, seconds)

    async def tell_reopened(self) -> None:
        """Have everything read again that is kept in memory."""
        for reload in self._reloads:
            await reload()
