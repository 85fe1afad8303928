"""The routes of the past: what changed in an account between two moments, and what it was then."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.accounts.summaries import AccountSummary, summarize
from seatkeeper.actors.accounts.values import InvitationId, MemberId
from seatkeeper.http.api.events import EventView
from seatkeeper.http.api.lists.moments import MomentText, read_moment
from seatkeeper.http.api.lists.pages import LARGEST_NUMBER, PageQuery, list_cursor, read_number
from seatkeeper.http.api.service import Service
from seatkeeper.http.events_out.frames import RawEvent, raw_event
from seatkeeper.http.events_out.sentences import NameOf, sentence
from seatkeeper.http.server.problems import Refused, invalid
from seatkeeper.http.server.routes import Answer, Call, Route, encode
from seatkeeper.storage.queries import Moment, Past, StoredEvent


class DiffQuery(
    PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """The two moments; without the second one, until now."""

    since: MomentText
    until: MomentText | msgspec.UnsetType = msgspec.UNSET


class State(msgspec.Struct, frozen=True):
    """An account as of a moment, and the last event in it; nulls and zeros if it did not exist yet."""

    version: int
    position: int
    recorded_at: str | None
    account: AccountSummary | None


class Change(msgspec.Struct, frozen=True):
    """An event between the two moments, with a sentence that says what it means."""

    says: str
    event: EventView


class RawChange(msgspec.Struct, frozen=True):
    """The same, with the data as it is stored."""

    says: str
    event: RawEvent


class Diff(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """What changed between two moments: the account as it was, as it became, and the events that led there."""

    since: State
    until: State
    items: list[Change]
    next_cursor: str | None


class RawDiff(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """The same, with the data of the events as it is stored."""

    since: State
    until: State
    items: list[RawChange]
    next_cursor: str | None


_NOT_YET = State(0, 0, None, None)


async def account_as_of(service: Service, account_id: str, field: str, text: str) -> tuple[Account, Past]:
    """Read what an account was at a moment, which `field` of the query names; raise ProblemError or Refused."""
    past = await _past(service, account_id, read_moment(field, text))
    if past is None or not isinstance(past.state, Account):
        raise Refused(AccountNotFound())
    return past.state, past


async def _past(service: Service, account_id: str, moment: Moment) -> Past | None:
    return await service.queries.past(f"{AccountActor.kind}-{account_id}", moment)


async def diff_account(service: Service, call: Call[None, DiffQuery]) -> Answer:
    """Say what changed in an account between two moments, with who did it and when.

    A moment is a time or a position of the journal. The list has the events after the first one, up to the second one.
    """
    query, account_id = call.query, call.ids["account_id"]
    since = read_moment("from", query.since)
    until = read_moment("to", query.until) if isinstance(query.until, str) else LARGEST_NUMBER
    after = await _past(service, account_id, until)
    if after is None:
        raise Refused(AccountNotFound())
    before = await _past(service, account_id, since)
    if before is not None and before.version > after.version:
        raise invalid("/to", "Expected a moment that is not before `from`")
    first = read_number("diff", call) or (0 if before is None else before.version)
    count = min(call.query.limit, after.version - first)
    events = await service.queries.stream(f"{AccountActor.kind}-{account_id}", first, count) if count > 0 else []
    cursor = list_cursor("diff", call, events[-1].version) if events and events[-1].version < after.version else None
    return Answer(encode(RawDiff(_state(before), _state(after), _changes(events, _names(after, before)), cursor)))


def _state(past: Past | None) -> State:
    if past is None or not isinstance(past.state, Account):
        return _NOT_YET
    return State(past.version, past.position, past.recorded_at, summarize(past.state, past.version))


def _changes(events: Sequence[StoredEvent], name_of: NameOf) -> list[RawChange]:
    return [
        RawChange(sentence(event.type, msgspec.json.decode(event.data, type=dict[str, object]), name_of)[0], raw)
        for event, raw in ((event, raw_event(event)) for event in events)
    ]


def _names(*pasts: Past | None) -> NameOf:
    """Find the names of the members and the addresses of the invitations, in the first of these states that has one."""
    states = [past.state for past in pasts if past is not None and isinstance(past.state, Account)]

    def name_of(identity: str) -> str | None:
        for state in states:
            if (member := state.members.get(MemberId(identity))) is not None:
                return member.name
            if (invitation := (state.invitations or {}).get(InvitationId(identity))) is not None:
                return invitation.email
        return None

    return name_of


ROUTES = (
    Route(
        "GET",
        "/v1/accounts/{account_id}/diff",
        diff_account,
        Diff,
        query=DiffQuery,
        refusals=(AccountNotFound,),
        scope="accounts:read",
    ),
)
