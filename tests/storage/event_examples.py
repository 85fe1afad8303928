"""Stored events of what is held, granted, frozen or ahead in an account. An example is added, never edited."""

from __future__ import annotations

from seatkeeper.actors.accounts.grants.events import GrantEnded, GrantMade
from seatkeeper.actors.accounts.invitations.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationMade,
    InvitationRenewed,
    InvitationRevoked,
)
from seatkeeper.actors.accounts.limits.events import (
    LimitExceeded,
    LimitKept,
    MemberFrozen,
    MemberThawed,
    SeatReturned,
    SeatWithdrawn,
    UsageReached,
)
from seatkeeper.actors.accounts.terms.events import (
    GraceEnded,
    GraceStarted,
    ScheduledChangeApplied,
    ScheduledChangeCancelled,
    ScheduledChangeRefused,
    ScheduledChangeSet,
    TrialChanged,
    TrialEnded,
)
from seatkeeper.actors.accounts.values import ChangeId, Excess, GrantId, InvitationId, MemberId, MoveTo, PlanId
from seatkeeper.actors.aggregates.messages import Event

AT, LATER = "2026-11-22T18:12:00.000Z", "2026-11-29T18:12:00.000Z"
I1, M1, G1, C1 = InvitationId("i1"), MemberId("m1"), GrantId("g1"), ChangeId("c1")

AHEAD: list[tuple[str, str, Event]] = [
    (
        "invitation.made",
        (
            '{"invitation_id":"i1","email":"eve@example.org","role":"viewer","seated":true,"token_hash":"11",'
            '"expires_at":"2026-11-29T18:12:00.000Z","created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        InvitationMade(I1, "eve@example.org", "viewer", seated=True, token_hash="11", expires_at=LATER, created_at=AT),
    ),
    (
        "invitation.renewed",
        '{"invitation_id":"i1","token_hash":"22","expires_at":"2026-11-29T18:12:00.000Z"}',
        InvitationRenewed(I1, "22", LATER),
    ),
    ("invitation.revoked", '{"invitation_id":"i1"}', InvitationRevoked(I1)),
    ("invitation.accepted", '{"invitation_id":"i1","member_id":"m1"}', InvitationAccepted(I1, M1)),
    ("invitation.expired", '{"invitation_id":"i1"}', InvitationExpired(I1)),
    (
        "grant.made",
        (
            '{"grant_id":"g1","seats":-1,"members":2,"reason":"a fair","expires_at":"2026-11-29T18:12:00.000Z",'
            '"created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        GrantMade(G1, -1, 2, "a fair", LATER, AT),
    ),
    (
        "grant.made",
        '{"grant_id":"g1","seats":1,"members":0,"reason":"","expires_at":null,"created_at":"2026-11-22T18:12:00.000Z"}',
        GrantMade(G1, 1, 0, "", None, AT),
    ),
    ("grant.ended", '{"grant_id":"g1","outcome":"expired"}', GrantEnded(G1, "expired")),
    ("grant.ended", '{"grant_id":"g1","outcome":"withdrawn"}', GrantEnded(G1, "withdrawn")),
    ("member.frozen", '{"member_id":"m1"}', MemberFrozen(M1)),
    ("member.thawed", '{"member_id":"m1"}', MemberThawed(M1)),
    ("seat.withdrawn", '{"member_id":"m1"}', SeatWithdrawn(M1)),
    ("seat.returned", '{"member_id":"m1"}', SeatReturned(M1)),
    (
        "account.usage-reached",
        '{"of":"members","percent":80,"limit":10,"used":8}',
        UsageReached("members", 80, 10, 8),
    ),
    ("account.limit-exceeded", '{"of":"seats","limit":10,"used":11}', LimitExceeded("seats", 10, 11)),
    ("account.limit-kept", '{"of":"seats","limit":10,"used":10}', LimitKept("seats", 10, 10)),
    (
        "scheduled-change.set",
        (
            '{"change_id":"c1","plan_id":"p2","effective_at":"2026-11-29T18:12:00.000Z","excess":"grace",'
            '"grace_seconds":86400,"keep":["m1"]}'
        ),
        ScheduledChangeSet(C1, PlanId("p2"), LATER, "grace", 86_400, (M1,)),
    ),
    (
        "scheduled-change.set",
        (
            '{"change_id":"c1","plan_id":"p2","effective_at":"2026-11-29T18:12:00.000Z","excess":null,'
            '"grace_seconds":null,"keep":[]}'
        ),
        ScheduledChangeSet(C1, PlanId("p2"), LATER, None, None, ()),
    ),
    ("scheduled-change.cancelled", '{"change_id":"c1"}', ScheduledChangeCancelled(C1)),
    ("scheduled-change.applied", '{"change_id":"c1"}', ScheduledChangeApplied(C1)),
    (
        "scheduled-change.refused",
        '{"change_id":"c1","reason":"plan-retired"}',
        ScheduledChangeRefused(C1, "plan-retired"),
    ),
    (
        "scheduled-change.refused",
        '{"change_id":"c1","reason":"over-limit","excess":{"members":1,"seats":0}}',
        ScheduledChangeRefused(C1, "over-limit", Excess(1, 0)),
    ),
    (
        "grace.started",
        '{"grace_id":"c1","ends_at":"2026-11-29T18:12:00.000Z","members":10,"seats":5,"keep":["m1"]}',
        GraceStarted("c1", LATER, 10, 5, (M1,)),
    ),
    ("grace.ended", '{"grace_id":"c1","outcome":"over"}', GraceEnded("c1", "over")),
    (
        "trial.changed",
        '{"ends_at":"2026-11-29T18:12:00.000Z","then":{"plan_id":"p2"}}',
        TrialChanged(LATER, MoveTo(PlanId("p2"))),
    ),
    (
        "trial.changed",
        '{"ends_at":"2026-11-29T18:12:00.000Z","then":"suspend"}',
        TrialChanged(LATER, "suspend"),
    ),
    ("trial.ended", '{"outcome":"converted"}', TrialEnded("converted")),
    (
        "trial.ended",
        '{"outcome":"suspended","reason":"plan-not-found"}',
        TrialEnded("suspended", "plan-not-found"),
    ),
]
