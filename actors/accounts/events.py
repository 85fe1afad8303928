"""All events of an account; each is in the room of what it is about."""

from __future__ import annotations

from typing import TypeAlias

from seatkeeper.actors.accounts.grants import events as grants
from seatkeeper.actors.accounts.invitations import events as invitations
from seatkeeper.actors.accounts.limits import events as limits
from seatkeeper.actors.accounts.members import events as members
from seatkeeper.actors.accounts.profile import events as profile
from seatkeeper.actors.accounts.terms import events as terms

AccountEvent: TypeAlias = (
    profile.AccountOpened
    | members.MemberAdded
    | members.SeatTaken
    | profile.CreditAdjusted
    | members.SeatFreed
    | members.MemberRemoved
    | invitations.InvitationMade
    | invitations.InvitationAccepted
    | members.MemberRoleChanged
    | members.MemberRenamed
    | members.MemberEmailChanged
    | members.MemberMetadataChanged
    | members.MemberExternalIdChanged
    | limits.UsageReached
    | limits.LimitExceeded
    | limits.LimitKept
    | invitations.InvitationExpired
    | invitations.InvitationRevoked
    | invitations.InvitationRenewed
    | terms.PlanChanged
    | limits.MemberFrozen
    | limits.MemberThawed
    | limits.SeatWithdrawn
    | limits.SeatReturned
    | terms.TrialEnded
    | terms.TrialChanged
    | grants.GrantMade
    | grants.GrantEnded
    | terms.ScheduledChangeSet
    | terms.ScheduledChangeApplied
    | terms.ScheduledChangeRefused
    | terms.ScheduledChangeCancelled
    | terms.GraceStarted
    | terms.GraceEnded
    | profile.AccountMetadataChanged
    | profile.AccountRenamed
    | profile.AccountExternalIdChanged
    | profile.AccountSuspended
    | profile.AccountReactivated
    | profile.AccountClosed
)
"""All events: the one that begins a stream first, then the frequent ones before the rare (see the index of unknown
events in storage/sqlite/file/schema.py)."""
