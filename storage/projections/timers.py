"""The view of timers: what will happen to accounts by itself, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants import events as grants
from seatkeeper.actors.accounts.invitations import events as invitations
from seatkeeper.actors.accounts.profile.events import AccountClosed, AccountOpened
from seatkeeper.actors.accounts.terms import events as terms
from seatkeeper.actors.accounts.timers import timers
from seatkeeper.actors.accounts.values import GrantId, InvitationId, MoveTo, TimerKind
from seatkeeper.actors.accounts.values import Timer as AccountTimer
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.storage.projections.view import Deleted, View


class TimerRow(NamedTuple):
    """A row of the table `timers`."""

    account_id: str
    kind: str
    subject: str
    timer_id: str
    due_at: str
    plan_id: str | None


class TimerSummary(msgspec.Struct, frozen=True, gc=False):
    """What will happen to an account by itself: when, and to what, such as an invitation, a grant or a plan."""

    timer_id: str
    kind: TimerKind
    due_at: str
    subject: str


_Key: TypeAlias = tuple[TimerKind, str]
"""The kind and the subject of a timer of an account."""


def rows(account: Account, _version: int) -> Iterator[TimerRow]:
    """Make the rows of all timers of an account."""
    for timer in timers(account):
        subject = account.account_id if timer[1] in _OF_THE_ACCOUNT else timer[2]
        yield _row(account, subject, timer)


def changes(account: Account, _version: int, events: Sequence[Event]) -> Sequence[TimerRow | Deleted]:
    """Make the rows of the timers that these events start, move or end."""
    changed: dict[_Key, TimerRow | Deleted] = {}
    for event in events:
        touched = _TOUCHED.get(type(event))
        for kind, subject in () if touched is None else touched(account, event):
            timer = _timer(account, kind, subject)
            changed[kind, subject] = (
                Deleted((account.account_id, kind, subject)) if timer is None else _row(account, subject, timer)
            )
    return list(changed.values())


def _row(account: Account, subject: str, timer: AccountTimer) -> TimerRow:
    due_at, kind, timer_id = timer
    plan_id: str | None = None
    if kind == "plan-changes" and account.scheduled_change is not None:
        plan_id = account.scheduled_change.plan_id
    elif kind == "trial-ends" and account.trial is not None and isinstance(account.trial.then, MoveTo):
        plan_id = account.trial.then.plan_id
    return TimerRow(account.account_id, kind, subject, timer_id, due_at, plan_id)


def _timer(account: Account, kind: TimerKind, subject: str) -> AccountTimer | None:
    """Find one timer of an account, as `timers` lists it, without looking at the others."""
    if account.status == "closed":
        return None
    match kind:
        case "invitation-expires":
            invitation = (account.invitations or {}).get(InvitationId(subject))
            pending = invitation is not None and invitation.status == "pending"
            return (invitation.expires_at, kind, subject) if invitation is not None and pending else None
        case "grant-expires":
            grant = (account.grants or {}).get(GrantId(subject))
            return (grant.expires_at, kind, subject) if grant is not None and grant.expires_at is not None else None
        case "trial-ends":
            return None if account.trial is None else (account.trial.ends_at, kind, account.account_id)
        case "plan-changes":
            change = account.scheduled_change
            return None if change is None else (change.effective_at, kind, change.change_id)
        case "grace-ends":
            return None if account.grace is None else (account.grace.ends_at, kind, account.grace.grace_id)


_OF_THE_ACCOUNT: tuple[TimerKind, ...] = ("trial-ends", "plan-changes", "grace-ends")
"""Those of which an account has one at most, so that their subject is the account."""


def _of_invitation(_: Account, event: Event) -> Iterable[_Key]:
    invitation_id: str = event.invitation_id  # type: ignore[attr-defined] # each of these has it
    return [("invitation-expires", invitation_id)]


def _of_grant(_: Account, event: Event) -> Iterable[_Key]:
    grant_id: str = event.grant_id  # type: ignore[attr-defined] # both of these have it
    return [("grant-expires", grant_id)]


def _of_trial(account: Account, _: Event) -> Iterable[_Key]:
    return [("trial-ends", account.account_id)]


def _of_opening(account: Account, _: Event) -> Iterable[_Key]:
    return () if account.trial is None else [("trial-ends", account.account_id)]


def _of_change(account: Account, _: Event) -> Iterable[_Key]:
    return [("plan-changes", account.account_id)]


def _of_grace(account: Account, _: Event) -> Iterable[_Key]:
    return [("grace-ends", account.account_id)]


def _of_end(account: Account, _: Event) -> Iterable[_Key]:
    """Name all: a closed account has no timers."""
    yield from ((kind, account.account_id) for kind in _OF_THE_ACCOUNT)
    yield from (("grant-expires", grant_id) for grant_id in account.grants or ())
    yield from (("invitation-expires", invitation_id) for invitation_id in (account.invited or {}).values())


_TOUCHED: Mapping[type[Event], Callable[[Account, Event], Iterable[_Key]]] = {
    AccountOpened: _of_opening,
    AccountClosed: _of_end,
    invitations.InvitationMade: _of_invitation,
    invitations.InvitationRenewed: _of_invitation,
    invitations.InvitationAccepted: _of_invitation,
    invitations.InvitationRevoked: _of_invitation,
    invitations.InvitationExpired: _of_invitation,
    grants.GrantMade: _of_grant,
    grants.GrantEnded: _of_grant,
    terms.TrialChanged: _of_trial,
    terms.TrialEnded: _of_trial,
    terms.ScheduledChangeSet: _of_change,
    terms.ScheduledChangeCancelled: _of_change,
    terms.ScheduledChangeApplied: _of_change,
    terms.ScheduledChangeRefused: _of_change,
    terms.GraceStarted: _of_grace,
    terms.GraceEnded: _of_grace,
}


def timer_of(row: TimerRow) -> Timer:
    """Return the timer of a row as the scheduler has it."""
    return Timer(row.due_at, row.account_id, row.kind, row.subject)


def summarize(row: TimerRow) -> TimerSummary:
    """Return the timer of a row as clients see it."""
    kind: TimerKind = row.kind  # type: ignore[assignment] # as it was written
    return TimerSummary(row.timer_id, kind, row.due_at, row.plan_id or row.subject)


TIMERS = View(
    table="timers",
    row=TimerRow,
    key_columns=3,
    rows=rows,
    changes=changes,
    about=frozenset(_TOUCHED),
    sqlite="""
CREATE TABLE timers (
    account_id TEXT NOT NULL,
    kind       TEXT NOT NULL,     -- what happens, as 'trial-ends'
    subject    TEXT NOT NULL,     -- to what: the id of an invitation or a grant, or the account's own
    timer_id   TEXT NOT NULL,
    due_at     TEXT NOT NULL,     -- RFC 3339, UTC, milliseconds
    plan_id    TEXT,              -- the plan that is asked first
    PRIMARY KEY (account_id, kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (due_at, account_id, kind, subject);
""",
)
