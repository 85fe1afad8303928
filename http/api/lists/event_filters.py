"""What of the journal is wanted, as the feed and the stream take it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.http.api.lists.pages import LARGEST_NUMBER
from seatkeeper.http.server.problems import invalid
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.queries import FeedFilter
from seatkeeper.storage.registry import KINDS

Position = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_NUMBER)]


def _pattern() -> str:
    """Describe a list of types and prefixes, for the OpenAPI document."""
    known = sorted({"*", *KINDS.known_types, *(f"{tag.partition('.')[0]}.*" for tag in KINDS.known_types)})
    one = "|".join(tag.replace(".", r"\.").replace("*", r"\*") for tag in known)
    return f"^({one})(,({one}))*$"


Types = Annotated[
    str,
    msgspec.Meta(max_length=2_000, examples=["account.opened,member.*"], extra_json_schema={"pattern": _pattern()}),
]
JournalId = Annotated[str, msgspec.Meta(max_length=100)]


class JournalReplaced(Refusal, frozen=True, gc=False):
    """Another journal is served, which has other events after {last_shared_position}: read on after that position.

    It comes when a reader asks with the `journal_id` of an older journal and a position beyond what both share: a
    copy of the database was put in its place.

    Undo, in your own system, what came from the events after `last_shared_position`. Then go on after that
    position with the new `journal_id`.
    """

    journal_id: str
    last_shared_position: int


def refuse_replaced(identity: JournalIdentity, journal_id: str, after: int) -> JournalReplaced | None:
    """Return the refusal of who has read another journal, further than this one is the same."""
    shared = identity.last_shared(journal_id, after)
    return None if shared is None else JournalReplaced(identity.journal_id, shared)


def event_filter(
    types: str | msgspec.UnsetType, account_id: str | msgspec.UnsetType, actor: str | msgspec.UnsetType = msgspec.UNSET
) -> FeedFilter:
    """Make the filter of a request; raise ProblemError."""
    return FeedFilter(
        types=None if isinstance(types, msgspec.UnsetType) else read_types(types),
        stream_id=None if isinstance(account_id, msgspec.UnsetType) else f"{AccountActor.kind}-{account_id.lower()}",
        actor=None if isinstance(actor, msgspec.UnsetType) else actor,
    )


def read_types(text: str) -> frozenset[str]:
    """Read a list of types and of prefixes of types, as `account.opened,member.*` or `*`; raise ProblemError."""
    known = KINDS.known_types
    found: set[str] = set()
    for wanted in text.split(","):
        prefix = wanted[:-1] if wanted == "*" or wanted.endswith(".*") else None
        some = [tag for tag in known if tag == wanted or (prefix is not None and tag.startswith(prefix))]
        if not some:
            prefixes = dict.fromkeys(f"{tag.partition('.')[0]}.*" for tag in known)
            raise invalid("/types", f"Expected a list of *, {', '.join([*prefixes, *known])}; there is no {wanted!r}")
        found.update(some)
    return frozenset(found)
