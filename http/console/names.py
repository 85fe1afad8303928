"""Names: what the things in events are called, so that a page can tell what happened as people would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from seatkeeper.http.console.page import Visit
from seatkeeper.http.events_out.sentences import sentence
from seatkeeper.http.events_out.words import fields_in_words, who
from seatkeeper.http.server.problems import Refused

MOST = 100
"""Things whose names are looked up for a page, at most: the others have their ids."""

SECOND = len("2026-11-28T12:00:00")
"""Characters of a time, to the second: an event is stored some milliseconds after the time that stands in it."""

Happened = Mapping[str, object]
"""An event, as the API shows it."""

_READS = {
    "member_id": ("get_member", "name"),
    "account_id": ("get_account", "account_name"),
    "invitation_id": ("get_invitation", "email"),
}
"""The call that reads the thing whose id is in a field, and the field of the answer that has its name."""

_TOLD_BY = {
    "account.opened": ("account_id", "account_name"),
    "account.renamed": ("", "account_name"),
    "member.added": ("member_id", "name"),
    "member.renamed": ("member_id", "name"),
    "invitation.made": ("invitation_id", "email"),
}
"""The types of events that name a thing, with the fields of its id and of its name; without one, it is the stream's."""


async def tell(visit: Visit, events: Sequence[Happened], account_id: str = "") -> list[dict[str, object]]:
    """Add to each event what it says, what it has beside that, who caused it, and the name of what it belongs to.

    Events of a dry run have no stream: they are those of the account.
    """
    names = await _names(visit, events, account_id)
    told = []
    for event in events:
        says, left = sentence(str(event["type"]), _data(event), names.get)
        more = fields_in_words({name: one for name, one in left.items() if not _known(event, one)})
        of = names.get(_owner(event) or "")
        told.append({**event, "says": says, "more": more, "who": who(event, names.get), "of": of})
    return told


async def _names(visit: Visit, events: Sequence[Happened], account_id: str) -> dict[str, str]:
    """Find the names of all that the events are about, as far as the visitor may read them."""
    names = await visit.plan_names()
    keys = await visit.read_list_if_allowed("list_api_keys", query={"limit": "200"})
    names |= {str(key["key_id"]): str(key["name"]) for key in keys.items} if keys else {}
    names |= dict(_told_by(events))
    wanted = {one: ids for event in events for one, ids in _wanted(event, account_id) if one not in names}
    for one, ids in list(wanted.items())[:MOST]:
        call, field = _READS[next(reversed(ids))]
        if visit.may(call):
            try:
                names[one] = str((await visit.read(call, dict[str, object], ids))[field])
            except Refused:  # it is gone, and has its id
                continue
    return names


def _told_by(events: Iterable[Happened]) -> Iterator[tuple[str, str]]:
    """Find the names that the events give, the latest of a thing last: the pages show the newest events first."""
    for event in sorted(events, key=lambda event: int(str(event.get("position", 0)))):
        if str(event["type"]) in _TOLD_BY:
            identity, name = _TOLD_BY[str(event["type"])]
            of = _data(event).get(identity) if identity else _owner(event)
            if of is not None:
                yield str(of), str(_data(event)[name])


def _wanted(event: Happened, account_id: str) -> Iterator[tuple[str, dict[str, str]]]:
    """List what an event is about: the id, and the ids on the path of the call that reads it."""
    account_id = _owner(event, "account") or account_id
    if not account_id:
        return
    yield account_id, {"account_id": account_id}
    for field in ("member_id", "invitation_id"):
        identity = _data(event).get(field)
        if isinstance(identity, str):
            yield identity, {"account_id": account_id, field: identity}


def _owner(event: Happened, of: str = "") -> str | None:
    """Return the id in the stream of an event; of another kind than `of`, None."""
    kind, _, identity = str(event.get("stream_id", "")).partition("-")
    return identity if identity and of in ("", kind) else None


def _data(event: Happened) -> Mapping[str, object]:
    data = event["data"]
    return data if isinstance(data, Mapping) else {}


def _known(event: Happened, value: object) -> bool:
    """Tell whether a value of an event says nothing that does not stand beside it."""
    if value is None or value == {}:
        return True
    recorded = str(event.get("recorded_at", ""))[:SECOND]
    return isinstance(value, str) and (value == _owner(event) or value[:SECOND] == recorded != "")
