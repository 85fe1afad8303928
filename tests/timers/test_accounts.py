"""What happens to accounts by itself, at its time, with the plan asked where one has to be."""

from __future__ import annotations

import asyncio

from seatkeeper.actors.accounts.grants.commands import MakeGrant
from seatkeeper.actors.accounts.invitations.commands import Invite
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, CloseAccount, SuspendAccount
from seatkeeper.actors.accounts.terms.commands import ScheduleChange
from seatkeeper.actors.accounts.values import ChangeId, GrantId, InvitationId
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.subscriptions.commands import RetirePlan, RevisePackage
from seatkeeper.actors.subscriptions.events import NextPlan, Package, PlanId, Trial
from tests.timers.office import DAY, Office
from tests.timers.virtual import in_virtual_time


def invitation(office: Office, seconds: float, name: str = "i1") -> Invite:
    """An invitation that lasts so long."""
    at, expires_at = office.clock(), office.at(office.passed + seconds)
    return Invite(InvitationId(name), f"{name}@example.com", "member", False, "hash", expires_at, at)  # noqa: FBT003 - in its order


def change(office: Office, seconds: float, excess: str = "refuse", grace_seconds: int | None = None) -> ScheduleChange:
    """A change to the plan `small` after so long."""
    day = office.at(office.passed + seconds)
    return ScheduleChange(ChangeId("c1"), BoughtPlanId("small"), day, excess, grace_seconds)  # type: ignore[arg-type] # one of the words


@in_virtual_time
async def test_a_trial_ends_in_a_suspension() -> None:
    office = Office()
    await office.sell("team", trial=Trial(14, "suspend"))
    async with office.open():
        await office.sign_up("team")
        await office.pass_by(14 * DAY - 1)
        assert office.account().status == "active"
        await office.pass_by(1)
        assert office.account().status == "suspended"
    end = office.at(14 * DAY)
    assert office.happened() == [(end, "trial.ended"), (end, "account.suspended")]
    assert await office.timers() == []


@in_virtual_time
async def test_a_trial_ends_on_another_plan_which_is_asked_what_it_sells() -> None:
    office = Office()
    await office.sell("paid", users=7)
    await office.sell("team", trial=Trial(14, NextPlan(PlanId("paid"))))
    async with office.open():
        await office.sign_up("team")
        await office.on_plan(RevisePackage(Package(1, 8)), "paid")
        await office.pass_by(15 * DAY)
        account = office.account()
        assert (account.status, account.plan_id, account.user_limit) == ("active", "paid", 8)
    assert [what for _, what in office.happened()] == ["trial.ended", "account.plan_changed"]


@in_virtual_time
async def test_a_trial_whose_plan_was_retired_ends_in_a_suspension() -> None:
    office = Office()
    await office.sell("paid")
    await office.sell("team", trial=Trial(14, NextPlan(PlanId("paid"))))
    async with office.open():
        await office.sign_up("team")
        await office.on_plan(RetirePlan(), "paid")
        await office.pass_by(15 * DAY)
        assert office.account().status == "suspended"
    assert await office.timers() == []


@in_virtual_time
async def test_a_plan_changes_on_its_day() -> None:
    office = Office()
    await office.sell("team")
    await office.sell("small", users=2)
    async with office.open():
        await office.sign_up("team", "bob")
        await office.do(change(office, 30 * DAY))
        assert await office.timers() == [(office.at(30 * DAY), "plan-changes")]
        await office.pass_by(40 * DAY)
        assert office.account().plan_id == "small"
    day = office.at(30 * DAY)
    assert office.happened() == [(day, "scheduled-change.applied"), (day, "account.plan_changed")]


@in_virtual_time
async def test_a_change_that_does_not_fit_on_its_day_is_refused_and_not_tried_again() -> None:
    office = Office()
    await office.sell("team")
    await office.sell("small", users=1)
    async with office.open():
        await office.sign_up("team", "bob")
        await office.do(change(office, 30 * DAY))
        await office.pass_by(40 * DAY)
        await asyncio.sleep(100)
    assert office.happened() == [(office.at(30 * DAY), "scheduled-change.refused")]


@in_virtual_time
async def test_what_follows_from_a_change_comes_at_its_own_time() -> None:
    office = Office()
    await office.sell("team")
    await office.sell("small", users=1)
    async with office.open():
        await office.sign_up("team", "bob")
        await office.do(change(office, 30 * DAY, "grace", 5 * DAY))
        await office.pass_by(365 * DAY)
        assert list(office.account().frozen or ()) == ["bob"]
    day, end = office.at(30 * DAY), office.at(35 * DAY)
    assert [(at, what) for at, what in office.happened() if what in {"grace.started", "grace.ended"}] == [
        (day, "grace.started"),
        (end, "grace.ended"),
    ]


@in_virtual_time
async def test_timers_of_many_accounts_come_in_the_order_of_their_times() -> None:
    office = Office()
    await office.sell("team", trial=Trial(14, "continue"))
    async with office.open():
        for number in (3, 1, 2):
            account_id = f"01900000-0000-7000-8000-00000000000{number}"
            await office.sign_up("team", account_id=account_id)  # type: ignore[arg-type] # an id
            await office.pass_by(3600)
        await office.pass_by(365 * DAY)
    assert [at for at, _ in office.happened()] == [office.at(14 * DAY + hour * 3600) for hour in (0, 1, 2)]


@in_virtual_time
async def test_an_invitation_and_a_grant_end_by_themselves() -> None:
    office = Office()
    await office.sell("team")
    async with office.open():
        await office.sign_up("team")
        await office.do(invitation(office, 7 * DAY))
        await office.do(MakeGrant(GrantId("g1"), 1, 1, "a gift", office.clock(), office.at(8 * DAY)))
        await office.pass_by(9 * DAY)
    assert office.happened() == [
        (office.at(7 * DAY), "invitation.expired"),
        (office.at(8 * DAY), "grant.ended"),
    ]


@in_virtual_time
async def test_they_go_on_ending_while_the_account_is_suspended_and_not_when_it_is_closed() -> None:
    office = Office()
    await office.sell("team", trial=Trial(14, "continue"))
    async with office.open():
        await office.sign_up("team")
        await office.do(invitation(office, 7 * DAY))
        await office.do(SuspendAccount())
        await office.pass_by(7 * DAY)
        await office.do(CloseAccount())
        assert await office.timers() == []
        await office.pass_by(30 * DAY)
    assert [what for _, what in office.happened()] == ["invitation.expired"]


@in_virtual_time
async def test_after_days_of_downtime_all_of_it_happens_late_and_once() -> None:
    office = Office()
    await office.sell("team", trial=Trial(14, "suspend"))
    await office.sell("small")
    await office.sign_up("team")
    await office.do(invitation(office, 7 * DAY))
    await office.do(change(office, 10 * DAY))
    await office.jump(30 * DAY)
    office.directory.reset_all()
    async with office.open():
        await asyncio.sleep(5)
    now = office.at(30 * DAY)
    assert {at for at, _ in office.happened()} == {now}
    assert [what for _, what in office.happened()][:2] == ["invitation.expired", "scheduled-change.applied"]
    assert office.account().plan_id == "small"
    assert await office.timers() == []


@in_virtual_time
async def test_a_command_that_comes_first_does_what_is_due_before() -> None:
    office = Office()
    await office.sell("team")
    await office.sign_up("team")
    await office.do(invitation(office, 7 * DAY))
    await office.jump(7 * DAY)
    await office.do(ChangeAccount("Acme & Sons"))
    assert [row.type for row in office.journal.queries.events[-2:]] == ["invitation.expired", "account.renamed"]
