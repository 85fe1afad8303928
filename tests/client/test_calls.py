"""What each kind of method does: lists, versions, dry runs, answers, and problems with their fields."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import UNSET

from seatkeeper.http.client import Money, NewMember, Package, Percent, PlanId, PlanTrial, Problem, Seatkeeper, problems
from seatkeeper.http.client.structs.answers import Account, SignedUp
from tests.client.conftest import TEAM
from tests.client.proxy import Instead, Proxy
from tests.service import Service, run_to_its_end


@pytest.fixture
async def made(seats: Seatkeeper) -> SignedUp:
    """A fresh account."""
    return await seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)


@pytest.fixture
def account_id(made: SignedUp) -> str:
    """The id of a fresh account."""
    return made.account.account_id


async def test_a_list_is_read_to_its_end(seats: Seatkeeper, account_id: str) -> None:
    many = [NewMember(name=f"Member {number}") for number in range(5)]
    added = await seats.members.create_many(account_id, members=many)
    assert [entry.status for entry in added.results] == [201] * 5
    names = [member.name async for member in seats.members.list(account_id, limit=2)]
    assert names == ["Ada", *(member.name for member in many)]


async def test_a_page_is_read_alone(seats: Seatkeeper, account_id: str) -> None:
    await seats.members.create(account_id, name="Charles")
    page = await seats.members.list(account_id, limit=1).page()
    assert [member.name for member in page.items] == ["Ada"]
    assert page.next_cursor is not None
    last = await seats.members.list(account_id, limit=1, cursor=page.next_cursor).page()
    assert ([member.name for member in last.items], last.next_cursor) == (["Charles"], None)


async def test_a_list_can_be_read_twice(seats: Seatkeeper, account_id: str) -> None:
    events = seats.events.list(account_id=account_id)
    assert [event async for event in events] == [event async for event in events]


async def test_filters_are_sent(seats: Seatkeeper, made: SignedUp) -> None:
    account_id = made.account.account_id
    await seats.members.create(account_id, name="Charles", seated=True)
    assert [member.name async for member in seats.members.list(account_id, seated=True)] == ["Charles"]
    assert [member.name async for member in seats.members.list(account_id, role="admin", q="ad")] == ["Ada"]


async def test_an_answer_has_its_version_and_its_position(seats: Seatkeeper, account_id: str) -> None:
    answer = await seats.members.create.answer(account_id, name="Charles")
    assert (answer.status, answer.version, answer.replayed) == (201, 3, False)
    assert answer.location == f"/v1/accounts/{account_id}/members/{answer.value.member_id}"
    newest = [event async for event in seats.accounts.events(account_id)][-1]
    assert (newest.version, newest.position) == (3, answer.position)
    assert answer.journal_id == (await seats.events.list(limit=1).page()).journal_id
    assert (await seats.accounts.get.answer(account_id)).version == 3


async def test_what_has_no_body_has_a_version(seats: Seatkeeper, account_id: str) -> None:
    member = await seats.members.create(account_id, name="Charles")
    gone = await seats.members.delete.answer(account_id, member.member_id)
    assert (gone.value, gone.status, gone.version) == (None, 204, 4)


async def test_a_write_to_another_version_is_refused(seats: Seatkeeper, made: SignedUp) -> None:
    account = made.account
    renamed = await seats.accounts.change(account.account_id, account_name="Mills", if_version=account.version)
    with pytest.raises(problems.VersionMismatch) as raised:
        await seats.accounts.change(account.account_id, account_name="Looms", if_version=account.version)
    assert raised.value.current_version == renamed.version


async def test_a_dry_run_changes_nothing(seats: Seatkeeper, account_id: str) -> None:
    tried = await seats.accounts.close.dry_run(account_id, reason="a trial")
    assert tried.accepted
    assert tried.answer is not None
    assert (tried.answer.status, [event.type for event in tried.events]) == ("closed", ["account.closed"])
    assert (await seats.accounts.get(account_id)).status == "active"


async def test_a_dry_run_tells_a_problem_and_raises_none(seats: Seatkeeper) -> None:
    tried = await seats.signups.create.dry_run(account_name="Looms", user_name="Ada", plan_id=str(uuid4()))
    assert not tried.accepted
    assert isinstance(tried.problem, problems.PlanNotFound)
    assert tried.status == 404


async def test_a_dry_run_of_what_has_no_body(seats: Seatkeeper, made: SignedUp) -> None:
    other = await seats.members.create(made.account.account_id, name="Charles")
    tried = await seats.members.delete.dry_run(made.account.account_id, other.member_id)
    assert (tried.accepted, tried.status, tried.answer) == (True, 204, None)


async def test_a_problem_has_the_fields_of_its_type(seats: Seatkeeper) -> None:
    package = Package(total_seats=1, user_limit=3, overage=Percent(10))
    plan = await seats.plans.create(name="Small", type="small", package=package)
    made = await seats.signups.create(account_name="Looms", user_name="Ada", plan_id=plan.plan_id)
    account_id = made.account.account_id
    await seats.members.take_seat(account_id, made.member.member_id)
    with pytest.raises(problems.NoSeatLeft) as raised:
        await seats.members.create(account_id, name="Charles", seated=True)
    problem = raised.value
    assert (problem.total_seats, problem.status, problem.title) == (1, 409, "No seat left")
    assert str(problem) == problem.detail
    assert problem.type == "/problems/no-seat-left"
    assert problem.request_id


async def test_a_problem_of_one_of_many_says_which(seats: Seatkeeper, account_id: str) -> None:
    many = [NewMember(name="Charles", email="charles@example.org")] * 2
    with pytest.raises(problems.EmailTaken) as raised:
        await seats.members.create_many(account_id, members=many, atomic=True)
    assert (raised.value.index, raised.value.email) == (1, "charles@example.org")


async def test_a_wrong_field_is_pointed_at(seats: Seatkeeper) -> None:
    with pytest.raises(problems.InvalidRequest) as raised:
        await seats.signups.create(account_name="", user_name="Ada", plan_id=TEAM)
    assert [error.pointer for error in raised.value.errors] == ["/account_name"]


async def test_a_problem_of_a_later_release_is_a_problem(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(409, "moon-full")]
    with pytest.raises(Problem) as raised:
        await through.plans.get(TEAM)
    assert type(raised.value) is Problem
    assert (raised.value.status, raised.value.type) == (409, "/problems/moon-full")


async def test_what_is_not_given_is_not_sent_and_none_takes_away(seats: Seatkeeper, account_id: str) -> None:
    name = str(uuid4())
    named = await seats.accounts.change(account_id, external_id=name, metadata={"a": "1", "b": "2"})
    assert (named.account_name, named.external_id) == ("Looms", name)
    bare = await seats.accounts.change(account_id, external_id=None, metadata={"a": None})
    assert (bare.external_id, bare.metadata) == (None, {"b": "2"})


async def test_times_and_moments_are_written(seats: Seatkeeper, made: SignedUp) -> None:
    account_id, position = made.account.account_id, await end_of(seats)
    day = datetime.now(UTC) + timedelta(days=30)
    later = await seats.accounts.change_plan(account_id, plan_id=made.account.plan.plan_id, effective_at=day)
    assert later.scheduled_change is not UNSET
    assert [timer.kind async for timer in seats.accounts.timers(account_id)] == ["plan-changes"]
    assert (await seats.accounts.get(account_id, as_of=position)).version == made.account.version
    assert (await seats.accounts.get(account_id, as_of=datetime.now(UTC))).version == later.version
    diff = seats.accounts.diff(account_id, since=0, limit=1)
    assert [change.event.version async for change in diff] == [1, 2, 3]
    assert (await diff.page()).until.version == 3


async def end_of(seats: Seatkeeper) -> int:
    """The last position of the journal."""
    return (await seats.events.list(after=2**63 - 1).page()).last_position


async def test_values_of_the_api_go_both_ways(seats: Seatkeeper, account_id: str) -> None:
    trial = PlanTrial(days=14, then=PlanId(TEAM))
    plan = await seats.plans.create(name="Try", type="try", package=Package(total_seats=1, user_limit=2), trial=trial)
    assert (plan.trial, plan.package.overage) == (trial, UNSET)
    account = await seats.accounts.adjust_credit(account_id, amount=Money(1250, "EUR"), reason="a gift")
    assert account.credit == Money(1250, "EUR")
    with pytest.raises(problems.CurrencyMismatch):
        await seats.accounts.adjust_credit(account_id, amount=Money(1, "USD"), reason="a gift")


async def test_an_id_is_one_segment_of_the_path(seats: Seatkeeper, account_id: str) -> None:
    with pytest.raises(problems.AccountNotFound):
        await seats.accounts.close(f"{account_id}/members/bulk?x=#")
    assert isinstance(await seats.accounts.get(account_id), Account)


async def test_a_receipt_is_found_by_the_key_of_the_answer(seats: Seatkeeper, account_id: str) -> None:
    answer = await seats.accounts.suspend.answer(account_id, idempotency_key=f"suspend {account_id}")
    assert answer.idempotency_key is not None
    receipt = await seats.receipts.get(answer.idempotency_key)
    assert (receipt.status, receipt.version, receipt.position) == (200, answer.version, answer.position)


async def test_an_operator_asks_the_service(seats: Seatkeeper) -> None:
    assert (await seats.operations.live()).status == (await seats.operations.ready()).status == "ok"
    assert "seatkeeper_ready 1.0" in await seats.operations.metrics()
    assert (await seats.operations.openapi())["openapi"] == "3.1.0"
    with pytest.raises(problems.ClockNotFound):
        await seats.clock.get()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of a service with a key, and that key."""
    database = tmp_path / "guarded.db"
    made = run_to_its_end("keys", "create", "--database", str(database), "--name", "root", "--scope", "admin")
    with Service(database) as service:
        yield service.url, made.output.strip()


async def test_a_key_opens_what_its_scopes_allow(guarded: tuple[str, str]) -> None:
    url, root = guarded
    async with Seatkeeper(url) as nobody:
        with pytest.raises(problems.Unauthenticated):
            await nobody.plans.get(TEAM)
    async with Seatkeeper(url, root) as seats:
        key = await seats.api_keys.create(name="reader", scopes=["plans:read"])
        assert key.secret is not None
        async with Seatkeeper(url, key.secret) as reader:
            assert (await reader.plans.get(TEAM)).type == "team"
            with pytest.raises(problems.InsufficientScope) as raised:
                await reader.accounts.list().page()
            assert raised.value.required == "accounts:read"


async def test_a_client_that_is_not_open_says_so(service: Service) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await Seatkeeper(service.url).plans.get(TEAM)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        Seatkeeper(url)
