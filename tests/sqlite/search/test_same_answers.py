"""The search index changes no answer: whatever it has taken in, a list has what the engine in memory lists."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import get_args

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.members.events import MemberAdded, SeatTaken
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.queries import AccountFilter, Item, Place, Queries, Sort
from seatkeeper.storage.sqlite.search import accounts as searching
from seatkeeper.storage.sqlite.search import follower as following
from tests.accounts.past import AT, FREE, TEAM, called, closed, opened, suspended
from tests.sqlite.search.following import FollowedStore
from tests.storage.stores import Store, Stream, account_id, memory_store
from tests.suite import pick

SEEDS = pick(short=4, middle=12, long=300)
ACCOUNTS = 60
LONG = "The Analytical Engines of Ada & Charles"
NAMES = [
    "Ada",
    "Adana",
    LONG,
    LONG.replace("Engines", "Looms"),
    "\u6771\u4eac",
    "\u6771",
    "Looms & Mills",
    "100 %",
    "Stra\u00dfe",
    "x",
    "\u0130zmir",
    "a_b",
    "\ue000\ue000",
    "x\ue000y",
]
PARTS = [
    None,
    "",
    "a",
    "AD",
    "ada",
    "\u6771",
    "\u6771\u4eac",
    "ms & m",
    "%",
    "_",
    "STRASSE",
    "i\u0307",
    "zz",
    "adanax",
    "\ue000",
    "x\ue000",
    LONG[3:],
    LONG[:-4],
]


def history(chance: random.Random) -> Iterator[tuple[int, list[Event]]]:
    """Open accounts and change them, in any order; yield the number of the account with its events."""
    members = (MemberId(f"01900000-0000-7000-a000-{number:012x}") for number in itertools.count())
    for number in range(1, ACCOUNTS + 1):
        plan, limit = chance.choice([(FREE, 3), (TEAM, 10)])
        first = opened(
            account_id=account_id(number),
            account_name=chance.choice(NAMES),
            plan_id=plan,
            user_limit=limit,
            total_seats=chance.choice([1, 5]),
        )
        yield number, first
        member = next(members)
        changes: list[list[Event]] = [
            [AccountRenamed(chance.choice(NAMES))],
            [MemberAdded(member, "Bob", None, "member", AT), SeatTaken(member)],
            [PlanChanged(FREE, 1, 1, 3)],
            [called(f"crm-{number}")],
            [closed()],
            [suspended()],
        ]
        changed = chance.randint(1, number)
        if changed not in RESTING:
            yield changed, changes[chance.randrange(4)]
        yield number, changes[chance.choice([0, 0, 0, 0, 4, 5])] if chance.random() < 1 / 2 else []


RESTING: set[int] = set()


def filters() -> Iterator[AccountFilter]:
    """Combine the filters."""
    for part in PARTS:
        yield AccountFilter(part=part)
        yield AccountFilter(part=part, plan_id=FREE)
        yield AccountFilter(part=part, status="suspended")
        yield AccountFilter(part=part, status="active", members_free_at_most=2)
        yield AccountFilter(part=part, status="closed", plan_id=TEAM)
        yield AccountFilter(part=part, seats_free_at_most=0, plan_id=FREE)
    yield AccountFilter(members_free_at_most=1, seats_free_at_most=1)
    yield AccountFilter(members_free_at_most=0, seats_free_at_most=0, plan_id=FREE)
    yield AccountFilter(external_id="crm-3")
    yield AccountFilter(external_id="crm-3", part="zz")


def place(sort: Sort, item: Item) -> Place:
    """The place of an item in its list, as its cursor names it."""
    if sort != "account_name":
        return Place(int(item.key))
    number, _, name = str(item.key).partition(":")
    return Place(int(number), name)


async def walk(queries: Queries, which: AccountFilter, sort: Sort) -> list[str]:
    """List the summaries of everything, page by page."""
    items: list[Item] = []
    while True:
        page = await queries.accounts(which, sort, place(sort, items[-1]) if items else None, 7)
        items += page
        if len(page) < 7:
            return [item.summary for item in items]


async def write(
    stores: list[Store], chance: random.Random, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Write one history to all stores, and do this now and then."""
    streams: dict[tuple[int, int], Stream[Account]] = {}
    for number, events in history(chance):
        for which, one in enumerate(stores):
            if events:
                stream = streams.setdefault((which, number), one.account(number))
                await stream.append(*events)
        if meanwhile is not None and chance.random() < 1 / 10:
            await meanwhile()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_list_is_what_the_engine_in_memory_lists(
    store: FollowedStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, memory = random.Random(seed), memory_store()
    for bound in ("FEW", "MORE"):
        monkeypatch.setattr(searching, bound, chance.choice([0, 3, 5_000]))
    monkeypatch.setattr(following, "EVENTS_AT_ONCE", chance.choice([3, 40]))
    await write([store, memory], chance, store.follower.step)
    if seed % 2:
        await store.catch_up()
    await compare(store, memory)


async def compare(one: Store, other: Store) -> None:
    """Compare every list of two stores."""
    for which in filters():
        for sort in get_args(Sort):
            assert await walk(one.queries, which, sort) == await walk(other.queries, which, sort), (which, sort)
