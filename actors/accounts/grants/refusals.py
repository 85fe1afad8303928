"""The refusals of grants. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound


class GrantNotFound(NotFound, frozen=True, gc=False):
    """Grant not found: no grant with this id is in force. Check the id.

    It comes when the id belongs to no grant of this account, or to one that was withdrawn or has expired.

    Take the id from the list of the account's grants, which has those in force. Its events have the others.
    """
