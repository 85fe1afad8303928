"""The journal: read to its end, or followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Listing, Query, ReadOptions, Subscription
from seatkeeper.http.client.methods import C, Resource, listing, stream
from seatkeeper.http.client.structs.answers import Event, Feed
from seatkeeper.http.client.verbs import get, path


class Events(Resource[C]):
    """All that has happened, in the order of the commits."""

    @listing
    def list(
        self,
        *,
        after: int = 0,
        types: Sequence[str] | UnsetType = UNSET,
        account_id: str | UnsetType = UNSET,
        actor: str | UnsetType = UNSET,
        journal_id: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        **options: Unpack[ReadOptions],
    ) -> Listing[Feed, Event]:
        """List the events after a position, to the end of the journal; `types` as `["member.*", "account.opened"]`."""
        query = {
            "after": after,
            "types": _joined(types),
            "account_id": account_id,
            "actor": actor,
            "journal_id": journal_id,
            "limit": limit,
        }
        return Listing(get(path("events"), Feed, options, query), lambda feed: feed.items, _onward)

    @stream
    def follow(
        self,
        *,
        after: int | UnsetType = UNSET,
        types: Sequence[str] | UnsetType = UNSET,
        account_id: str | UnsetType = UNSET,
        journal_id: str | UnsetType = UNSET,
        **options: Unpack[ReadOptions],
    ) -> Subscription:
        """Follow the journal after a position, or from now on: each event once, across cuts of the connection.

        `deadline` are the seconds for which the service may stay away, five minutes unless it is given.
        """
        query = {"types": _joined(types), "account_id": account_id}
        return Subscription(query, after, journal_id, options)


def _onward(feed: Feed, query: Query) -> Query | None:
    """Go on after the last position, until that does not grow any more."""
    after = query["after"]
    return {"after": feed.last_position} if isinstance(after, int) and feed.last_position > after else None


def _joined(types: Sequence[str] | UnsetType) -> str | UnsetType:
    return types if isinstance(types, str | UnsetType) else ",".join(types)
