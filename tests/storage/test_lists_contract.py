"""What every engine lists: plans and accounts, filtered and in pages."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.profile.events import AccountReactivated, AccountRenamed
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.subscriptions.events import PlanReinstated
from seatkeeper.storage.queries import AccountFilter, Place, PlanFilter
from tests.accounts.past import FREE, TEAM, closed, opened, suspended
from tests.storage.stores import NEWEST, Store, account_id, field, plan_id
from tests.subscriptions.past import defined, retired


async def accounts(store: Store, *names: str) -> None:
    """Open an account of each name, in this order."""
    for number, name in enumerate(names, 1):
        await store.account(number).append(opened(account_id=account_id(number), account_name=name))


async def named(store: Store, part: str) -> list[object]:
    """Search by name."""
    return field(await store.queries.accounts(AccountFilter(part=part), NEWEST, None, 50), "account_name")


async def test_plans_are_listed_oldest_first(store: Store) -> None:
    for number, name in enumerate(["Free", "Team", "Business"], 1):
        await store.plan(number).append(defined(plan_id=plan_id(number), name=name))
    assert field(await store.queries.plans(PlanFilter(), None, 50), "name") == ["Free", "Team", "Business"]


async def test_plans_are_filtered_by_status(store: Store) -> None:
    await store.plan(1).append(defined(plan_id=plan_id(1), name="Free"), retired())
    await store.plan(2).append(defined(plan_id=plan_id(2), name="Team"))
    await store.plan(3).append(defined(plan_id=plan_id(3), name="Business"), retired(), PlanReinstated())
    assert field(await store.queries.plans(PlanFilter(status="retired"), None, 50), "name") == ["Free"]
    assert field(await store.queries.plans(PlanFilter(status="active"), None, 50), "name") == ["Team", "Business"]


async def test_a_page_of_plans_goes_on_after_the_last_key(store: Store) -> None:
    for number, name in enumerate("ABCDE", 1):
        await store.plan(number).append(defined(plan_id=plan_id(number), name=name))
    first = await store.queries.plans(PlanFilter(), None, 2)
    second = await store.queries.plans(PlanFilter(), int(first[-1].key), 2)
    third = await store.queries.plans(PlanFilter(), int(second[-1].key), 2)
    assert [field(page, "name") for page in (first, second, third)] == [["A", "B"], ["C", "D"], ["E"]]


async def test_pages_of_filtered_plans_leave_none_out(store: Store) -> None:
    for number, name in enumerate("ABCDEF", 1):
        past = [defined(plan_id=plan_id(number), name=name)]
        await store.plan(number).append(*past, *([retired()] if number % 2 else []))
    first = await store.queries.plans(PlanFilter(status="retired"), None, 2)
    second = await store.queries.plans(PlanFilter(status="retired"), int(first[-1].key), 2)
    assert field([*first, *second], "name") == ["A", "C", "E"]


async def test_accounts_are_listed_newest_first(store: Store) -> None:
    await accounts(store, "Engines", "Looms", "Mills")
    assert await named(store, "") == ["Mills", "Looms", "Engines"]


async def test_a_change_does_not_move_an_account_in_the_list(store: Store) -> None:
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
    assert field(await store.queries.accounts(AccountFilter(plan_id=FREE), NEWEST, None, 50), "account_name") == [
        "Mills",
        "Looms",
    ]
    assert field(await store.queries.accounts(AccountFilter(plan_id=TEAM), NEWEST, None, 50), "account_name") == [
        "Engines"
    ]


@pytest.mark.parametrize(
    ("status", "names"), [("active", ["D", "A"]), ("suspended", ["B"]), ("closed", ["C"]), ("unheard-of", [])]
)
async def test_accounts_are_filtered_by_status(store: Store, status: str, names: list[str]) -> None:
    pasts = [[], [suspended()], [suspended(), closed()], [suspended(), AccountReactivated(None)]]
    for number, (name, past) in enumerate(zip("ABCD", pasts, strict=True), 1):
        await store.account(number).append(opened(account_id=account_id(number), account_name=name), past)
    assert field(await store.queries.accounts(AccountFilter(status=status), NEWEST, None, 50), "account_name") == names


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
    found = await store.queries.accounts(AccountFilter(plan_id=TEAM, status="suspended", part="loom"), NEWEST, None, 50)
    assert field(found, "account_id") == [account_id(1)]


async def test_a_page_of_accounts_goes_on_before_the_last_key(store: Store) -> None:
    await accounts(store, "A", "B", "C", "D", "E")
    first = await store.queries.accounts(AccountFilter(), NEWEST, None, 2)
    second = await store.queries.accounts(AccountFilter(), NEWEST, Place(int(first[-1].key)), 2)
    third = await store.queries.accounts(AccountFilter(), NEWEST, Place(int(second[-1].key)), 2)
    assert [field(page, "account_name") for page in (first, second, third)] == [["E", "D"], ["C", "B"], ["A"]]


async def test_a_new_account_does_not_disturb_the_next_pages(store: Store) -> None:
    await accounts(store, "A", "B", "C")
    first = await store.queries.accounts(AccountFilter(), NEWEST, None, 2)
    await store.account(9).append(opened(account_id=account_id(9), account_name="D"))
    second = await store.queries.accounts(AccountFilter(), NEWEST, Place(int(first[-1].key)), 2)
    assert field([*first, *second], "account_name") == ["C", "B", "A"]
