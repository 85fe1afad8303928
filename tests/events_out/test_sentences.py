"""What each event says, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seatkeeper.http.events_out.sentences import sentence
from seatkeeper.http.events_out.words import named
from seatkeeper.storage.registry import KINDS
from tests.completeness import check_complete

ADA, TEAM, INVITATION = "the id of Ada", "the id of Team", "the id of an invitation"
NAMES = {ADA: "Ada", TEAM: "Team", INVITATION: "charles@example.org"}
THEN = "2026-11-22T18:12:00.000Z"
SOLD = {"plan_id": TEAM, "revision": 2, "total_seats": 1, "user_limit": 25}
PACKAGE = {"total_seats": 10, "user_limit": 1}
OF_ADA = {"member_id": ADA}

SAID: Mapping[str, tuple[Mapping[str, object], str]] = {
    "account.opened": (
        {"account_name": "Looms", "currency": "EUR", **SOLD},
        "Looms opened on Team, revision 2: 1 seat and 25 member slots.",
    ),
    "account.renamed": ({"account_name": "Mills"}, "The account is called Mills now."),
    "account.external_id_changed": ({"external_id": None}, "The external id of the account became none."),
    "account.metadata_changed": (
        {"metadata": {"region": "north", "contact": None}},
        "The metadata of the account changed: region: north; contact: none.",
    ),
    "account.suspended": ({"reason": "Not paid"}, "The account was suspended: Not paid."),
    "account.reactivated": ({"reason": None}, "The account was reactivated."),
    "account.closed": ({"reason": None}, "The account was closed."),
    "credit.adjusted": ({"amount": {"amount": 5, "currency": "JPY"}}, "5 JPY were added to the credit."),
    "credit.adjusted.2": (
        {
            "amount": {"amount": -123_450, "currency": "EUR"},
            "reason": "Invoice 7",
            "balance": {"amount": 5, "currency": "EUR"},
        },
        "1,234.50 EUR were charged to the credit: Invoice 7; the balance became 0.05 EUR.",
    ),
    "account.plan_changed": (
        {**SOLD, "overage": {"percent": 10}},
        "The account moved to Team, revision 2: 1 seat and 25 member slots, overage percent: 10.",
    ),
    "scheduled-change.set": (
        {"change_id": "c", "plan_id": TEAM, "effective_at": THEN, "excess": "freeze", "keep": []},
        "The account is to move to Team at 2026-11-22 18:12:00 UTC, excess freeze.",
    ),
    "scheduled-change.cancelled": ({"change_id": "c"}, "The change of plan that was scheduled was cancelled."),
    "scheduled-change.applied": ({"change_id": "c"}, "The change of plan that was scheduled came."),
    "scheduled-change.refused": (
        {"change_id": "c", "reason": "over-limit", "excess": {"members": 2, "seats": 0}},
        "The change of plan that was scheduled was refused: over-limit (members: 2; seats: 0).",
    ),
    "grace.started": (
        {"grace_id": "g", "ends_at": THEN, "members": 25, "seats": 1, "keep": []},
        "A grace began: the limits of before, 25 member slots and 1 seat, go on until 2026-11-22 18:12:00 UTC.",
    ),
    "grace.ended": ({"grace_id": "g", "outcome": "fits"}, "The grace ended: fits."),
    "trial.changed": (
        {"ends_at": THEN, "then": "suspend"},
        "The trial ends at 2026-11-22 18:12:00 UTC, and then: suspend.",
    ),
    "trial.ended": ({"outcome": "suspended", "reason": "plan-retired"}, "The trial ended: suspended, plan-retired."),
    "account.usage-reached": (
        {"of": "seats", "percent": 80, "limit": 10, "used": 8},
        "80 % of the seats are used: 8 of 10.",
    ),
    "account.limit-exceeded": (
        {"of": "members", "limit": 25, "used": 26},
        "26 members are used, beyond the limit of 25.",
    ),
    "account.limit-kept": (
        {"of": "members", "limit": 25, "used": 25},
        "25 members are used, within the limit of 25 again.",
    ),
    "grant.made": (
        {"seats": 1, "members": -5, "reason": "A fair", "expires_at": THEN},
        "A grant of -5 member slots and 1 seat until 2026-11-22 18:12:00 UTC: A fair.",
    ),
    "grant.ended": ({"grant_id": "g", "outcome": "expired"}, "Grant g ended: expired."),
    "invitation.made": (
        {"email": "charles@example.org", "role": "viewer", "seated": True, "expires_at": THEN},
        "charles@example.org was invited as viewer with a seat until 2026-11-22 18:12:00 UTC.",
    ),
    "invitation.renewed": (
        {"invitation_id": INVITATION, "expires_at": THEN},
        "The invitation of charles@example.org was renewed until 2026-11-22 18:12:00 UTC.",
    ),
    "invitation.revoked": ({"invitation_id": INVITATION}, "The invitation of charles@example.org was revoked."),
    "invitation.accepted": ({"invitation_id": INVITATION, **OF_ADA}, "Ada accepted an invitation."),
    "invitation.expired": ({"invitation_id": "unknown"}, "Invitation unknown expired."),
    "member.added": ({"name": "Ada", "role": "admin", **OF_ADA}, "Ada joined as admin."),
    "member.renamed": ({"name": "Ada", **OF_ADA}, "A member is called Ada now."),
    "member.email_changed": ({"email": None, **OF_ADA}, "The e-mail address of Ada became none."),
    "member.external_id_changed": ({"external_id": "7", **OF_ADA}, "The external id of Ada became 7."),
    "member.metadata_changed": ({"metadata": {"a": "b"}, **OF_ADA}, "The metadata of Ada changed: a: b."),
    "member.role_changed": ({"role": "viewer", **OF_ADA}, "Ada became viewer."),
    "member.removed": ({"member_id": "unknown"}, "Member unknown left."),
    "member.frozen": (OF_ADA, "Ada was frozen."),
    "member.thawed": (OF_ADA, "Ada was thawed."),
    "seat.taken": (OF_ADA, "Ada took a seat."),
    "seat.freed": (OF_ADA, "Ada gave the seat back."),
    "seat.withdrawn": (OF_ADA, "The seat of Ada was withdrawn, and is owed to them."),
    "seat.returned": (OF_ADA, "Ada got the seat back that was owed to them."),
    "plan.defined": (
        {"name": "Team", "type": "team", "package": PACKAGE, "trial": {"days": 14, "then": "suspend"}},
        "Team (team) came on sale with 10 seats and 1 member slot, and a trial (days: 14; then: suspend).",
    ),
    "plan.renamed": ({"name": "Teams"}, "The plan is called Teams now."),
    "plan.reclassified": ({"type": "crew"}, "The plan is of the type crew now."),
    "plan.external_id_changed": ({"external_id": "7"}, "The external id of the plan became 7."),
    "plan.metadata_changed": ({"metadata": {"a": "b"}}, "The metadata of the plan changed: a: b."),
    "plan.package_revised": (
        {"package": PACKAGE, "revision": 3},
        "Revision 3 of the plan sells 10 seats and 1 member slot.",
    ),
    "plan.trial-changed": ({"trial": None}, "Sign-ups start no trial any more."),
    "plan.retired": ({}, "The plan is no longer for sale."),
    "plan.reinstated": ({}, "The plan is for sale again."),
    "key.created": (
        {"name": "Backend", "scopes": ["plans:read", "events:read"], "rate_limit": 5, "expires_at": None},
        "The key Backend was made for plans:read, events:read, for 5 requests a second.",
    ),
    "key.rotated": (
        {"overlap_until": THEN, "rotated_at": THEN},
        "The key has another secret; the one before works until 2026-11-22 18:12:00 UTC.",
    ),
    "key.revoked": ({"revoked_at": THEN}, "The key was revoked."),
    "webhook.created": (
        {"url": "https://example.org/", "types": ["*"], "after": 7},
        "Events of * go to https://example.org/, from those after 7 on.",
    ),
    "webhook.changed": (
        {"url": "https://example.org/", "types": ["member.*"]},
        "Events of member.* go to https://example.org/ from now on.",
    ),
    "webhook.paused": ({}, "The deliveries were paused."),
    "webhook.resumed": ({}, "The deliveries went on."),
    "webhook.secret_rotated": (
        {"secret_id": "s", "earlier_until": THEN},
        "Another secret signs; the one before signs too until 2026-11-22 18:12:00 UTC.",
    ),
    "webhook.replayed": ({"after": 7}, "The events after 7 are delivered again."),
    "webhook.disabled": ({"reason": "gone"}, "The deliveries gave up: gone."),
    "webhook.deleted": ({}, "The webhook was deleted."),
    "clock.started": ({"clock_id": "c", "now": THEN}, "The clock of the sandbox stands at 2026-11-22 18:12:00 UTC."),
    "clock.moved": ({"now": THEN}, "The clock was moved on to 2026-11-22 18:12:00 UTC."),
}


def test_every_type_of_event_has_a_sentence() -> None:
    wanted = {*KINDS.event_types, *(old for kind in KINDS for old in kind.upcasters)}
    check_complete("SAID in tests/events_out/test_sentences.py", SAID, wanted)


@pytest.mark.parametrize("kind", SAID)
def test_an_event_is_told_in_a_sentence(kind: str) -> None:
    data, said = SAID[kind]
    assert sentence(kind, data, NAMES.get)[0] == said


def test_what_a_sentence_does_not_say_is_left_to_be_shown() -> None:
    data, _ = SAID["account.opened"]
    assert sentence("account.opened", data, NAMES.get)[1] == {"currency": "EUR", "plan_id": TEAM}


def test_what_has_no_name_is_told_by_its_id() -> None:
    assert sentence("seat.taken", OF_ADA)[0] == "Member the id of Ada took a seat."


def test_a_type_of_a_later_release_is_told_by_its_name() -> None:
    assert sentence("seat.painted", {"colour": "red"}) == ("seat.painted.", {"colour": "red"})


def test_an_amount_in_a_currency_without_minor_units_is_told_in_numbers() -> None:
    data = {"amount": {"amount": 7, "currency": "XAU"}}
    assert sentence("credit.adjusted.2", data)[0] == "7 minor units of XAU were added to the credit."


def test_every_time_is_written_as_people_read_it() -> None:
    assert named("at", "2026-11-28T23:21:29.117Z") == named("created_at", "2026-11-28T23:21:29.117Z")
    assert named("at", "soon") == "soon"
