"""What every store shows of its events as soon as they are committed: plans, accounts, members, streams, the feed."""

from __future__ import annotations

import json

import pytest

from seatkeeper.actors.accounts.events import (
    AccountReactivated,
    AccountRenamed,
    MemberAdded,
    MemberId,
    MemberRemoved,
    MemberRenamed,
    PlanChanged,
    SeatTaken,
)
from seatkeeper.actors.subscriptions.events import PlanReinstated
from seatkeeper.storage.views import Item
from tests.accounts.past import ADA, AT, BOB, EVE, FREE, TEAM, closed, joined, opened, suspended
from tests.storage.stores import Store, account_id, plan_id
from tests.subscriptions.past import defined, retired, revised


def field(items: list[Item], name: str) -> list[object]:
    """One field of each summary."""
    return [json.loads(item.summary)[name] for item in items]


async def accounts(store: Store, *names: str) -> None:
    """Open an account of each name, in this order."""
    for number, name in enumerate(names, 1):
        await store.account(number).append(opened(account_id=account_id(number), account_name=name))


async def named(store: Store, part: str) -> list[object]:
    """Search by name."""
    return field(await store.views.accounts(None, None, part, None, 50), "account_name")


async def test_a_plan_is_shown_with_its_version(store: Store) -> None:
    await store.plan(1).append(defined(plan_id=plan_id(1)), revised())
    found = await store.views.plan(plan_id(1))
    assert found is not None
    assert found.version == 2
    assert json.loads(found.summary) == {
        "plan_id": plan_id(1),
        "name": "Team",
        "type": "team",
        "package": {"total_seats": 100, "user_limit": 250},
        "revision": 2,
        "status": "active",
        "version": 2,
        "created_at": AT,
    }


async def test_an_account_is_shown_with_its_version(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)), joined(BOB, seated=True))
    found = await store.views.account(account_id(1))
    assert found is not None
    assert found.version == 4
    assert json.loads(found.summary) == {
        "account_id": account_id(1),
        "account_name": "Engines",
        "status": "active",
        "plan": {"plan_id": TEAM, "revision": 1},
        "members": {"count": 2, "limit": 10},
        "seats": {"taken": 1, "total": 2},
        "credit": {"amount": 0, "currency": "EUR"},
        "version": 4,
        "created_at": AT,
    }


async def test_a_member_is_shown_with_the_version_of_the_account(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1), email="Ada@example.org"), SeatTaken(ADA))
    found = await store.views.member(account_id(1), ADA)
    assert found is not None
    assert found.version == 3
    assert json.loads(found.summary) == {
        "member_id": ADA,
        "name": "Ada",
        "email": "Ada@example.org",
        "role": "admin",
        "seated": True,
        "joined_at": AT,
    }


async def test_what_is_not_there_is_not_shown(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)))
    assert await store.views.plan(plan_id(1)) is None
    assert await store.views.account(account_id(2)) is None
    assert await store.views.member(account_id(1), BOB) is None
    assert await store.views.member(account_id(2), ADA) is None


async def test_an_empty_store_shows_empty_lists(store: Store) -> None:
    assert await store.views.plans(None, None, 50) == []
    assert await store.views.accounts(None, None, None, None, 50) == []
    assert await store.views.members(account_id(1), None, 50) is None
    assert await store.views.stream("account-1", 0, 50) == []
    assert await store.views.feed(0, 50) == []
    assert await store.views.last_position() == 0


async def test_plans_are_listed_oldest_first(store: Store) -> None:
    for number, name in enumerate(["Free", "Team", "Business"], 1):
        await store.plan(number).append(defined(plan_id=plan_id(number), name=name))
    assert field(await store.views.plans(None, None, 50), "name") == ["Free", "Team", "Business"]


async def test_plans_are_filtered_by_status(store: Store) -> None:
    await store.plan(1).append(defined(plan_id=plan_id(1), name="Free"), retired())
    await store.plan(2).append(defined(plan_id=plan_id(2), name="Team"))
    await store.plan(3).append(defined(plan_id=plan_id(3), name="Business"), retired(), PlanReinstated())
    assert field(await store.views.plans("retired", None, 50), "name") == ["Free"]
    assert field(await store.views.plans("active", None, 50), "name") == ["Team", "Business"]


async def test_a_page_of_plans_goes_on_behind_the_last_key(store: Store) -> None:
    for number, name in enumerate("ABCDE", 1):
        await store.plan(number).append(defined(plan_id=plan_id(number), name=name))
    first = await store.views.plans(None, None, 2)
    second = await store.views.plans(None, int(first[-1].key), 2)
    third = await store.views.plans(None, int(second[-1].key), 2)
    assert [field(page, "name") for page in (first, second, third)] == [["A", "B"], ["C", "D"], ["E"]]


async def test_pages_of_filtered_plans_leave_none_out(store: Store) -> None:
    for number, name in enumerate("ABCDEF", 1):
        past = [defined(plan_id=plan_id(number), name=name)]
        await store.plan(number).append(*past, *([retired()] if number % 2 else []))
    first = await store.views.plans("retired", None, 2)
    second = await store.views.plans("retired", int(first[-1].key), 2)
    assert field([*first, *second], "name") == ["A", "C", "E"]


async def test_accounts_are_listed_newest_first(store: Store) -> None:
    await accounts(store, "Engines", "Looms", "Mills")
    assert await named(store, "") == ["Mills", "Looms", "Engines"]


async def test_an_account_keeps_its_place_when_it_changes(store: Store) -> None:
    one, other = store.account(1), store.account(2)
    await one.append(opened(account_id=account_id(1)))
    await other.append(opened(account_id=account_id(2), account_name="Looms"))
    await one.append(AccountRenamed("Mills"))
    assert await named(store, "") == ["Looms", "Mills"]


async def test_accounts_of_one_commit_are_listed_in_the_order_of_their_appends(store: Store) -> None:
    appends = [
        store.account(n).append(opened(account_id=account_id(n), account_name=name)) for n, name in enumerate("ABC", 1)
    ]
    assert [await append for append in appends] == [2, 4, 6]
    assert await named(store, "") == ["C", "B", "A"]


async def test_accounts_are_filtered_by_plan(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1), account_name="Engines"))
    await store.account(2).append(opened(account_id=account_id(2), account_name="Looms", plan_id=FREE))
    moved = store.account(3)
    await moved.append(opened(account_id=account_id(3), account_name="Mills"), PlanChanged(FREE, 1, 9, 9))
    assert field(await store.views.accounts(FREE, None, None, None, 50), "account_name") == ["Mills", "Looms"]
    assert field(await store.views.accounts(TEAM, None, None, None, 50), "account_name") == ["Engines"]


@pytest.mark.parametrize(
    ("status", "names"), [("active", ["D", "A"]), ("suspended", ["B"]), ("closed", ["C"]), ("unheard-of", [])]
)
async def test_accounts_are_filtered_by_status(store: Store, status: str, names: list[str]) -> None:
    pasts = [[], [suspended()], [suspended(), closed()], [suspended(), AccountReactivated(None)]]
    for number, (name, past) in enumerate(zip("ABCD", pasts, strict=True), 1):
        await store.account(number).append(opened(account_id=account_id(number), account_name=name), past)
    assert field(await store.views.accounts(None, status, None, None, 50), "account_name") == names


@pytest.mark.parametrize("part", ["ngin", "ENG", "engines", "", "s"])
async def test_accounts_are_found_by_a_part_of_their_name_in_any_case(store: Store, part: str) -> None:
    await accounts(store, "Engines")
    assert await named(store, part) == ["Engines"]


@pytest.mark.parametrize("part", ["x", "engines ", "%", "_ngines", "e*", "n.i"])
async def test_what_is_not_in_the_name_finds_nothing(store: Store, part: str) -> None:
    await accounts(store, "Engines")
    assert await named(store, part) == []


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Ærøskøbing Væveri", "ÆRØ"),
        ("ÉCOLE", "école"),
        ("Straßenbau", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("İstanbul", "İSTANBUL"),
        ("東京", "東"),
    ],
)
async def test_other_alphabets_have_cases_too(store: Store, name: str, part: str) -> None:
    await accounts(store, name)
    assert await named(store, part) == [name]


async def test_an_account_is_found_by_its_new_name_only(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1)))
    await account.append(AccountRenamed("Looms"))
    assert await named(store, "loom") == ["Looms"]
    assert await named(store, "engine") == []


async def test_all_filters_hold_at_once(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1), account_name="Looms"), suspended())
    await store.account(2).append(opened(account_id=account_id(2), account_name="Looms"))
    await store.account(3).append(opened(account_id=account_id(3), account_name="Looms", plan_id=FREE), suspended())
    await store.account(4).append(opened(account_id=account_id(4), account_name="Mills"), suspended())
    found = await store.views.accounts(TEAM, "suspended", "loom", None, 50)
    assert field(found, "account_id") == [account_id(1)]


async def test_a_page_of_accounts_goes_on_before_the_last_key(store: Store) -> None:
    await accounts(store, "A", "B", "C", "D", "E")
    first = await store.views.accounts(None, None, None, None, 2)
    second = await store.views.accounts(None, None, None, int(first[-1].key), 2)
    third = await store.views.accounts(None, None, None, int(second[-1].key), 2)
    assert [field(page, "account_name") for page in (first, second, third)] == [["E", "D"], ["C", "B"], ["A"]]


async def test_a_newcomer_does_not_disturb_the_pages_behind(store: Store) -> None:
    await accounts(store, "A", "B", "C")
    first = await store.views.accounts(None, None, None, None, 2)
    await store.account(9).append(opened(account_id=account_id(9), account_name="D"))
    second = await store.views.accounts(None, None, None, int(first[-1].key), 2)
    assert field([*first, *second], "account_name") == ["C", "B", "A"]


async def test_members_are_listed_in_the_order_of_their_ids(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)), joined(EVE), joined(BOB))
    members = await store.views.members(account_id(1), None, 50)
    assert members is not None
    assert [item.key for item in members] == sorted([ADA, BOB, EVE])


async def test_a_page_of_members_goes_on_behind_the_last_key(store: Store) -> None:
    ids = [MemberId(f"m{number}") for number in range(5)]
    crowd = [MemberAdded(id_, "Kim", None, "member", AT) for id_ in ids]
    await store.account(1).append(opened(account_id=account_id(1), user_limit=9), crowd)
    first = await store.views.members(account_id(1), ids[0], 3)
    second = await store.views.members(account_id(1), ids[3], 3)
    assert first is not None
    assert second is not None
    assert [item.key for item in [*first, *second]] == ids[1:]


async def test_behind_the_last_member_there_is_an_empty_page(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)))
    assert await store.views.members(account_id(1), "zz", 50) == []


async def test_the_members_of_another_account_are_not_listed(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)), joined(BOB))
    other = MemberAdded(EVE, "Eve", None, "admin", AT)
    await store.account(2).append([opened(account_id=account_id(2))[0], other])
    members = await store.views.members(account_id(2), None, 50)
    assert members is not None
    assert [item.key for item in members] == [EVE]


async def test_a_removed_member_is_gone(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1)), joined(BOB))
    await account.append(MemberRemoved(BOB))
    assert await store.views.member(account_id(1), BOB) is None
    members = await store.views.members(account_id(1), None, 50)
    assert members is not None
    assert [item.key for item in members] == [ADA]


async def test_a_member_who_joins_and_leaves_in_one_commit_was_never_shown(store: Store) -> None:
    account = store.account(1)
    appends = [account.append(opened(account_id=account_id(1))), account.append(joined(BOB, seated=True))]
    appends += [account.append(MemberRenamed(BOB, "Rob")), account.append(MemberRemoved(BOB))]
    assert [await append for append in appends] == [2, 4, 5, 6]
    assert await store.views.member(account_id(1), BOB) is None


async def test_a_member_who_changes_twice_in_one_commit_is_shown_as_they_are_now(store: Store) -> None:
    account = store.account(1)
    account.append(opened(account_id=account_id(1)), joined(BOB))
    account.append(MemberRenamed(BOB, "Rob"))
    await account.append(MemberRenamed(BOB, "Robert"))
    found = await store.views.member(account_id(1), BOB)
    assert found is not None
    assert json.loads(found.summary)["name"] == "Robert"


async def test_a_stream_is_shown_behind_a_version(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(), joined(BOB), suspended(), closed())
    events = await store.views.stream(account.id, 2, 2)
    assert [(event.version, event.type) for event in events] == [(3, "member.added"), (4, "account.suspended")]
    assert await store.views.stream(account.id, 5, 2) == []


async def test_the_feed_shows_all_streams_in_the_order_of_the_commits(store: Store) -> None:
    account, plan = store.account(1), store.plan(1)
    await plan.append(defined(plan_id=plan_id(1)))
    await account.append(opened(account_id=account_id(1)))
    await plan.append(retired())
    feed = await store.views.feed(0, 50)
    assert [(event.position, event.stream_id, event.version) for event in feed] == [
        (1, plan.id, 1),
        (2, account.id, 1),
        (3, account.id, 2),
        (4, plan.id, 2),
    ]


async def test_the_feed_goes_on_behind_a_position(store: Store) -> None:
    await store.account(1).append(opened(), joined(BOB), suspended())
    assert [event.position for event in await store.views.feed(1, 2)] == [2, 3]
    assert [event.position for event in await store.views.feed(3, 2)] == [4]
    assert await store.views.feed(4, 2) == []
    assert await store.views.feed(1_000_000, 2) == []


async def test_a_query_sees_what_was_committed_before_it(store: Store) -> None:
    account = store.account(1)
    for name in ["Engines", "Looms", "Mills", "Forges"] * 5:
        past = [AccountRenamed(name)] if account.version else opened(account_id=account_id(1), account_name=name)
        position = await account.append(past)
        assert await store.views.last_position() == position
        assert await named(store, "") == [name]
