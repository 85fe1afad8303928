"""Texts that are special to one engine or another are ordinary to all: in lists, searches and orders."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.storage.queries import AccountFilter, FeedFilter, MemberFilter, Place, PlanFilter
from tests.accounts.past import AT, opened
from tests.storage.stores import NEWEST, Store, account_id, field

ODD = [r"50%_off\now", "50 off now", 'O\'Neill "& Sons"', "🦄 Ünïcorns 𐐔𐐯", "?what $1", "{x} %s", "ﬁne ǅ"]
END = 2**63 - 1


async def accounts(store: Store, *names: str) -> None:
    """Open an account of each name, in this order."""
    for number, name in enumerate(names, 1):
        await store.account(number).append(opened(account_id=account_id(number), account_name=name))


async def named(store: Store, part: str) -> list[object]:
    """Search by name."""
    return field(await store.queries.accounts(AccountFilter(part=part), "created_at", None, 50), "account_name")


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("%", [ODD[0], ODD[5]]),
        ("_", [ODD[0]]),
        ("\\", [ODD[0]]),
        ("\\n", [ODD[0]]),
        (r"0%_o", [ODD[0]]),
        ("50_off", []),
        ("'", [ODD[2]]),
        ('"&', [ODD[2]]),
        ("🦄", [ODD[3]]),
        ("𐐇", [ODD[3]]),
        ("ÜNÏ", [ODD[3]]),
        ("?", [ODD[4]]),
        ("$1", [ODD[4]]),
        ("%s", [ODD[5]]),
        ("FI", [ODD[6]]),
        ("ǆ", [ODD[6]]),
        ("\0", []),
        ("5\0", []),
        ("\x01", []),
    ],
)
async def test_a_part_of_a_name_is_taken_as_it_is(store: Store, part: str, found: list[str]) -> None:
    await accounts(store, *ODD)
    assert await named(store, part) == found


async def test_a_part_of_a_member_is_taken_as_it_is(store: Store) -> None:
    some = [
        MemberAdded(MemberId("m1"), "100% Kim", None, "member", AT),
        MemberAdded(MemberId("m2"), "Kim", "kim_b@example.org", "member", AT),
    ]
    await store.account(1).append(opened(account_id=account_id(1), user_limit=9), some)
    for part, keys in (("%", ["m1"]), ("_", ["m2"]), ("KIM_B@", ["m2"]), ("m_b@e%", []), ("\0", [])):
        members = await store.queries.members(account_id(1), MemberFilter(part=part), None, 50)
        assert members is not None
        assert [item.key for item in members] == keys


async def test_names_are_in_the_order_of_their_characters_whatever_the_language(store: Store) -> None:
    names = ["zebra", "éclair", "Zoo", "10", "2", "𐐔lpha", "ﾊ", "a b", "a-b", "ab"]
    await accounts(store, *names)
    found = await store.queries.accounts(AccountFilter(), "account_name", None, 50)
    in_order = sorted(names, key=str.casefold)
    assert field(found, "account_name") == in_order
    after = Place(names.index("éclair") + 1, "éclair")
    rest = await store.queries.accounts(AccountFilter(), "account_name", after, 50)
    assert field(rest, "account_name") == in_order[in_order.index("éclair") + 1 :]


async def test_two_accounts_of_one_name_are_in_the_order_of_their_opening(store: Store) -> None:
    await accounts(store, "Same", "Same", "SAME")
    first = await store.queries.accounts(AccountFilter(), "account_name", None, 1)
    number, _, name = str(first[0].key).partition(":")
    rest = await store.queries.accounts(AccountFilter(), "account_name", Place(int(number), name), 50)
    assert field([*first, *rest], "account_id") == [account_id(1), account_id(2), account_id(3)]


async def test_a_character_that_no_text_has_finds_nothing(store: Store) -> None:
    await accounts(store, "Engines")
    queries = store.queries
    assert await queries.account("\0") is None
    assert await queries.accounts(AccountFilter(external_id="\0"), NEWEST, None, 50) == []
    assert await queries.plans(PlanFilter(external_id="a\0"), None, 50) == []
    assert await queries.memberships_by_external_id("\0", None, 50) == []
    assert await queries.stream("account-\0", 0, 50) == []
    assert (await queries.feed_page(0, 50, FeedFilter(actor="\0"))).events == []
    assert (await queries.feed_page(0, 50, FeedFilter(types=frozenset({"\0"})))).events == []
    assert (await queries.feed_page(0, 50, FeedFilter(stream_id="\0"))).events == []


async def test_after_the_highest_number_there_is_nothing(store: Store) -> None:
    await accounts(store, "Engines")
    queries = store.queries
    assert await queries.plans(PlanFilter(), END, 50) == []
    assert await queries.accounts(AccountFilter(), "created_at", Place(END), 50) == []
    assert len(await queries.accounts(AccountFilter(), NEWEST, Place(END), 50)) == 1
    assert await queries.feed(END, 50) == []
    assert await queries.api_keys(END, 50) == []
    assert await queries.webhooks(END, 50) == []
