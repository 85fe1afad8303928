"""What every engine finds as soon as it is committed: plans, accounts, members, streams, the feed."""

from __future__ import annotations

import json

from seatkeeper.actors.accounts.members.events import MemberAdded, MemberRemoved, MemberRenamed, SeatTaken
from seatkeeper.actors.accounts.profile.events import AccountExternalIdChanged, AccountRenamed
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.storage.queries import AccountFilter, MemberFilter, PlanFilter
from tests.accounts.past import ADA, AT, BOB, EVE, TEAM, closed, joined, opened, suspended
from tests.storage.stores import NEWEST, Store, account_id, field, plan_id
from tests.subscriptions.past import defined, retired, revised


async def test_a_plan_is_shown_with_its_version(store: Store) -> None:
    await store.plan(1).append(defined(plan_id=plan_id(1)), revised())
    found = await store.queries.plan(plan_id(1))
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
        "external_id": None,
        "metadata": {},
        "trial": None,
    }


async def test_an_account_is_shown_with_its_version(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)), joined(BOB, seated=True))
    found = await store.queries.account(account_id(1))
    assert found is not None
    assert found.version == 4
    assert json.loads(found.summary) == {
        "account_id": account_id(1),
        "account_name": "Engines",
        "status": "active",
        "plan": {"plan_id": TEAM, "revision": 1},
        "members": {"count": 2, "held": 0, "limit": 10},
        "seats": {"taken": 1, "held": 0, "total": 2},
        "credit": {"amount": 0, "currency": "EUR"},
        "version": 4,
        "created_at": AT,
        "external_id": None,
        "metadata": {},
        "trial": None,
    }


async def test_a_member_is_shown_with_the_version_of_the_account(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1), email="Ada@example.org"), SeatTaken(ADA))
    found = await store.queries.member(account_id(1), ADA)
    assert found is not None
    assert found.version == 3
    assert json.loads(found.summary) == {
        "member_id": ADA,
        "name": "Ada",
        "email": "Ada@example.org",
        "role": "admin",
        "seated": True,
        "status": "active",
        "joined_at": AT,
        "external_id": None,
        "metadata": {},
    }


async def test_what_does_not_exist_is_not_found(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)))
    assert await store.queries.plan(plan_id(1)) is None
    assert await store.queries.account(account_id(2)) is None
    assert await store.queries.member(account_id(1), BOB) is None
    assert await store.queries.member(account_id(2), ADA) is None


async def test_an_empty_store_shows_empty_lists(store: Store) -> None:
    assert await store.queries.plans(PlanFilter(), None, 50) == []
    assert await store.queries.accounts(AccountFilter(), NEWEST, None, 50) == []
    assert await store.queries.members(account_id(1), MemberFilter(), None, 50) is None
    assert await store.queries.stream("account-1", 0, 50) == []
    assert await store.queries.feed(0, 50) == []
    assert await store.queries.last_position() == 0


async def test_members_are_listed_in_the_order_of_their_ids(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)), joined(EVE), joined(BOB))
    members = await store.queries.members(account_id(1), MemberFilter(), None, 50)
    assert members is not None
    assert [item.key for item in members] == sorted([ADA, BOB, EVE])


async def test_a_page_of_members_goes_on_after_the_last_key(store: Store) -> None:
    ids = [MemberId(f"m{number}") for number in range(5)]
    crowd = [MemberAdded(id_, "Kim", None, "member", AT) for id_ in ids]
    await store.account(1).append(opened(account_id=account_id(1), user_limit=9), crowd)
    first = await store.queries.members(account_id(1), MemberFilter(), ids[0], 3)
    second = await store.queries.members(account_id(1), MemberFilter(), ids[3], 3)
    assert first is not None
    assert second is not None
    assert [item.key for item in [*first, *second]] == ids[1:]


async def test_after_the_last_member_there_is_an_empty_page(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)))
    assert await store.queries.members(account_id(1), MemberFilter(), "zz", 50) == []


async def test_the_members_of_another_account_are_not_listed(store: Store) -> None:
    await store.account(1).append(opened(account_id=account_id(1)), joined(BOB))
    other = MemberAdded(EVE, "Eve", None, "admin", AT)
    await store.account(2).append([opened(account_id=account_id(2))[0], other])
    members = await store.queries.members(account_id(2), MemberFilter(), None, 50)
    assert members is not None
    assert [item.key for item in members] == [EVE]


async def test_a_removed_member_is_gone(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1)), joined(BOB))
    await account.append(MemberRemoved(BOB))
    assert await store.queries.member(account_id(1), BOB) is None
    members = await store.queries.members(account_id(1), MemberFilter(), None, 50)
    assert members is not None
    assert [item.key for item in members] == [ADA]


async def test_a_member_who_joins_and_leaves_in_one_commit_was_never_shown(store: Store) -> None:
    account = store.account(1)
    appends = [account.append(opened(account_id=account_id(1))), account.append(joined(BOB, seated=True))]
    appends += [account.append(MemberRenamed(BOB, "Rob")), account.append(MemberRemoved(BOB))]
    assert [await append for append in appends] == [2, 4, 5, 6]
    assert await store.queries.member(account_id(1), BOB) is None


async def test_a_member_who_changes_twice_in_one_commit_is_shown_as_they_are_now(store: Store) -> None:
    account = store.account(1)
    account.append(opened(account_id=account_id(1)), joined(BOB))
    account.append(MemberRenamed(BOB, "Rob"))
    await account.append(MemberRenamed(BOB, "Robert"))
    found = await store.queries.member(account_id(1), BOB)
    assert found is not None
    assert json.loads(found.summary)["name"] == "Robert"


async def test_a_stream_is_listed_after_a_version(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(), joined(BOB), suspended(), closed())
    events = await store.queries.stream(account.id, 2, 2)
    assert [(event.version, event.type) for event in events] == [(3, "member.added"), (4, "account.suspended")]
    assert await store.queries.stream(account.id, 5, 2) == []


async def test_the_feed_shows_all_streams_in_the_order_of_the_commits(store: Store) -> None:
    account, plan = store.account(1), store.plan(1)
    await plan.append(defined(plan_id=plan_id(1)))
    await account.append(opened(account_id=account_id(1)))
    await plan.append(retired())
    feed = await store.queries.feed(0, 50)
    assert [(event.position, event.stream_id, event.version) for event in feed] == [
        (1, plan.id, 1),
        (2, account.id, 1),
        (3, account.id, 2),
        (4, plan.id, 2),
    ]


async def test_the_feed_goes_on_after_a_position(store: Store) -> None:
    await store.account(1).append(opened(), joined(BOB), suspended())
    assert [event.position for event in await store.queries.feed(1, 2)] == [2, 3]
    assert [event.position for event in await store.queries.feed(3, 2)] == [4]
    assert await store.queries.feed(4, 2) == []
    assert await store.queries.feed(1_000_000, 2) == []


async def test_a_query_sees_what_was_committed_before_it(store: Store) -> None:
    account = store.account(1)
    for name in ["Engines", "Looms", "Mills", "Forges"] * 5:
        past = [AccountRenamed(name)] if account.version else opened(account_id=account_id(1), account_name=name)
        position = await account.append(past)
        assert await store.queries.last_position() == position
        assert field(await store.queries.accounts(AccountFilter(part=""), NEWEST, None, 50), "account_name") == [name]


async def test_the_same_member_id_in_two_accounts_of_one_commit_is_two_members(store: Store) -> None:
    one = store.account(1).append(opened(account_id=account_id(1)))
    two = store.account(2).append(opened(account_id=account_id(2)))
    await one
    await two
    assert await store.queries.member(account_id(1), ADA) is not None
    assert await store.queries.member(account_id(2), ADA) is not None


async def test_the_journal_would_not_store_an_external_id_that_another_has(store: Store) -> None:
    one, two = store.account(1), store.account(2)
    await one.append(opened(account_id=account_id(1)), AccountExternalIdChanged("crm-7"))
    await two.append(opened(account_id=account_id(2)))
    taken, free = [AccountExternalIdChanged("crm-7")], [AccountExternalIdChanged("CRM-7")]
    assert await store.queries.refusal_of(two.id, taken) == ExternalIdTaken("account", "crm-7")
    assert [await store.queries.refusal_of(stream.id, free) for stream in (one, two)] == [None, None]
    assert await store.queries.refusal_of(one.id, taken) is None
