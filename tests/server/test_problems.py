"""Problems: what a refusal becomes."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.accounts.invitations.refusals import InvitationOver
from seatkeeper.actors.accounts.limits.refusals import UserLimitReached
from seatkeeper.actors.accounts.members.refusals import EntryRefused, MemberNotFound
from seatkeeper.actors.accounts.profile.refusals import AccountClosed
from seatkeeper.actors.aggregates.aggregate import VersionMismatch
from seatkeeper.actors.aggregates.messages import Refusal, told
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.problems import Problem, refusal_body, status_of

REFUSALS = sorted({refusal for route in ROUTES for refusal in route.refusals}, key=lambda refusal: refusal.slug())


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.slug())
def test_no_field_of_a_refusal_hides_one_of_the_problem(refusal: type[Refusal]) -> None:
    assert set(refusal.__struct_fields__).isdisjoint(Problem.__struct_fields__)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(MemberNotFound, 404), (InvitationOver, 410), (VersionMismatch, 412), (AccountClosed, 409), (EntryRefused, 409)],
)
def test_the_status_follows_from_the_kind_of_a_refusal(refusal: type[Refusal], status: int) -> None:
    assert status_of(refusal) == status


def test_what_refuses_one_of_many_is_told_with_its_place() -> None:
    body = msgspec.json.decode(refusal_body(EntryRefused(7, told(UserLimitReached(3))), "/v1/x", "a-request"))
    assert body == {
        "type": "/problems/user-limit-reached",
        "title": "User limit reached",
        "status": 409,
        "detail": "User limit reached: 3 of 3 member slots are taken. Remove a member, or change the plan. Nobody was"
        " added: this is entry 7, counted from 0.",
        "instance": "/v1/x",
        "request_id": "a-request",
        "index": 7,
        "user_limit": 3,
    }
