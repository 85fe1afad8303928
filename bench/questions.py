"""What is asked to find accounts, members and events again: each list, filter and search, among varied accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

from bench import varied
from bench.bulk import account_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FULL, ONE, SOME, NONE, ANY = range(50, 51), range(1, 2), range(1, 51), range(1), range(51)
"""How many items the first page has."""

Parameters = Callable[[int], "Mapping[str, object]"]


class Question(NamedTuple):
    """A list that is asked for: its name, the path and query of each number of it, and how many items are right.

    The numbers are those of accounts, so that one question is asked about many of them.
    """

    name: str
    path: Callable[[int], str]
    items: range


def questions() -> Iterator[Question]:
    """Yield all of them."""
    yield from of_plans()
    yield from of_accounts()
    yield from of_members()
    yield from of_the_feed()


def of_plans() -> Iterator[Question]:
    """Yield the lists of plans, of which there are a few."""
    asked: tuple[tuple[str, range, Parameters], ...] = (
        ("all", SOME, lambda _: {}),
        ("status=retired", NONE, lambda _: {"status": "retired"}),
        ("external_id of none", NONE, lambda number: {"external_id": f"erp-{number}"}),
    )
    for name, items, parameters in asked:
        yield Question(f"plans: {name}", asking("/v1/plans", parameters), items)


def of_accounts() -> Iterator[Question]:
    """Yield the lists of accounts."""
    for name, items, parameters in (*BY_COLUMNS, *BY_NAME, *BY_WHAT_IS_FREE):
        yield Question(f"accounts: {name}", asking("/v1/accounts", parameters), items)


def asking(path: str, parameters: Parameters) -> Callable[[int], str]:
    """Ask a path with parameters that depend on the number."""
    return lambda number: f"{path}?{urlencode(parameters(number))}"


BY_COLUMNS: Final[tuple[tuple[str, range, Parameters], ...]] = (
    ("all", FULL, lambda _: {}),
    ("sort=created_at", FULL, lambda _: {"sort": "created_at"}),
    ("sort=account_name", FULL, lambda _: {"sort": "account_name"}),
    ("external_id", ONE, lambda number: {"external_id": varied.external_id(number // 3 * 3)}),
    ("external_id of none", NONE, lambda number: {"external_id": f"erp-{number}"}),
    ("status=active", FULL, lambda _: {"status": "active"}),
    ("status=suspended", FULL, lambda _: {"status": "suspended"}),
    ("status=closed", FULL, lambda _: {"status": "closed"}),
    ("status=closed, sort=account_name", FULL, lambda _: {"status": "closed", "sort": "account_name"}),
    ("plan_id of many", FULL, lambda _: {"plan_id": varied.FREE}),
    ("plan_id of few", SOME, lambda _: {"plan_id": varied.RARE}),
    ("plan_id of one", ONE, lambda _: {"plan_id": varied.LARGE}),
    ("plan_id of many, sort=account_name", FULL, lambda _: {"plan_id": varied.FREE, "sort": "account_name"}),
    ("plan_id of few, sort=account_name", SOME, lambda _: {"plan_id": varied.RARE, "sort": "account_name"}),
    ("plan_id of many, status=closed", SOME, lambda _: {"plan_id": varied.FREE, "status": "closed"}),
    ("plan_id of few, status=closed", ANY, lambda _: {"plan_id": varied.RARE, "status": "closed"}),
)

BY_NAME: Final[tuple[tuple[str, range, Parameters], ...]] = (
    ("q, a word of many", FULL, lambda number: {"q": varied.SECOND[number % 11]}),
    ("q, a word of few", SOME, lambda _: {"q": "quetzal"}),
    ("q, the whole name", ONE, lambda number: {"q": current_name(number)}),
    ("q, a number in the name", SOME, lambda number: {"q": f"{number:06}"}),
    ("q, the name before a change", NONE, lambda number: {"q": varied.name(renamed(number))}),
    ("q, the name after a change", ONE, lambda number: {"q": varied.new_name(renamed(number))}),
    ("q, one letter", FULL, lambda number: {"q": "aeortx"[number % 6]}),
    ("q, two letters", FULL, lambda number: {"q": ("ti", "gr", "ou", "ph")[number % 4]}),
    ("q, one Chinese character", FULL, lambda number: {"q": "海明龙限"[number % 4]}),
    ("q, a Chinese word", FULL, lambda number: {"q": varied.TRADES[number % 9]}),
    ("q, a whole Chinese name", ONE, lambda number: {"q": current_name(number // 1_000 * 1_000 + 19)}),
    ("q, in no name", NONE, lambda number: {"q": f"xylophone {number}"}),
    ("q, its trigrams in many names, it in none", NONE, lambda _: {"q": "timbergroup"}),
    ("q of many, sort=account_name", FULL, lambda number: {"q": varied.SECOND[number % 11], "sort": "account_name"}),
    ("q of few, sort=account_name", SOME, lambda _: {"q": "quetzal", "sort": "account_name"}),
    ("q of many, status=closed", SOME, lambda _: {"q": "group", "status": "closed"}),
    ("q of many, plan_id of many", FULL, lambda _: {"q": "group", "plan_id": varied.TEAM}),
    ("q of many, plan_id of few", ANY, lambda _: {"q": "group", "plan_id": varied.RARE}),
    ("q of many, plan_id of many others", NONE, lambda _: {"q": varied.HOLDING, "plan_id": varied.TEAM}),
)

NOTHING_FREE: Final = {"seats_free_at_most": 0, "members_free_at_most": 0}

BY_WHAT_IS_FREE: Final[tuple[tuple[str, range, Parameters], ...]] = (
    ("members_free_at_most=0", FULL, lambda _: {"members_free_at_most": 0}),
    ("members_free_at_most=2", FULL, lambda _: {"members_free_at_most": 2}),
    ("members_free_at_most=0, sort=account_name", FULL, lambda _: {"members_free_at_most": 0, "sort": "account_name"}),
    ("members_free_at_most=0, plan_id of few", ANY, lambda _: {"members_free_at_most": 0, "plan_id": varied.RARE}),
    ("members_free_at_most=0, q of many", SOME, lambda _: {"members_free_at_most": 0, "q": "group"}),
    ("members_free_at_most=2, plan_id of others", NONE, lambda _: {"members_free_at_most": 2, "plan_id": varied.LARGE}),
    ("members_free_at_most=2, q of many others", SOME, lambda _: {"members_free_at_most": 2, "q": varied.HOLDING}),
    ("members_free_at_most=2, status=closed", SOME, lambda _: {"members_free_at_most": 2, "status": "closed"}),
    ("seats_free_at_most=0", FULL, lambda _: {"seats_free_at_most": 0}),
    ("seats_free_at_most=0, sort=account_name", FULL, lambda _: {"seats_free_at_most": 0, "sort": "account_name"}),
    ("both at most 0, plan_id of others", NONE, lambda _: {**NOTHING_FREE, "plan_id": varied.TEAM}),
    ("both at most 0", SOME, lambda _: NOTHING_FREE),
)


def renamed(number: int) -> int:
    """Give an account near this one that was renamed."""
    every = varied.EVERY["renamed"]
    return number // every * every + every - 1


def current_name(number: int) -> str:
    """Give the name that an account has."""
    return varied.new_name(number) if varied.is_("renamed", number) else varied.name(number)


def of_members() -> Iterator[Question]:
    """Yield whom to find in all accounts, and among the members of the large one."""
    found: tuple[tuple[str, range, Parameters], ...] = (
        ("email", SOME, lambda number: {"email": varied.email(number).upper()}),
        ("email of a consultant", SOME, lambda _: {"email": varied.CONSULTANT}),
        ("email of nobody", NONE, lambda number: {"email": f"nobody-{number}@mail-{number % 1_000}.example"}),
        ("external_id", ONE, lambda number: {"external_id": f"user-{number // 3 * 3}"}),
    )
    for name, items, parameters in found:
        yield Question(f"members: {name}", asking("/v1/members", parameters), items)
    within: tuple[tuple[str, range, Parameters], ...] = (
        ("all", FULL, lambda _: {}),
        ("role=member", FULL, lambda _: {"role": "member"}),
        ("role=viewer", SOME, lambda _: {"role": "viewer"}),
        ("seated=true", NONE, lambda _: {"seated": "true"}),
        ("status=frozen", NONE, lambda _: {"status": "frozen"}),
        ("q of one", SOME, lambda number: {"q": f"member {number % 9_000 + 3:05}"}),
        ("q of nobody", NONE, lambda number: {"q": f"nobody {number}"}),
    )
    for name, items, parameters in within:
        path = f"/v1/accounts/{account_id(0)}/members"
        yield Question(f"of {varied.CROWD:,} members: {name}", asking(path, parameters), items)


def of_the_feed() -> Iterator[Question]:
    """Yield the filters of the feed."""
    filters: tuple[tuple[str, range, Parameters], ...] = (
        ("all", FULL, lambda _: {}),
        ("types=account.opened", SOME, lambda _: {"types": "account.opened"}),
        ("types=account.closed", ANY, lambda _: {"types": "account.closed"}),
        ("types=account.*", SOME, lambda _: {"types": "account.*"}),
        ("types=plan.*", SOME, lambda _: {"types": "plan.*"}),
        ("types=key.revoked, of which there is none", NONE, lambda _: {"types": "key.revoked"}),
        ("account_id", SOME, lambda number: {"account_id": account_id(number)}),
        ("account_id of a large one", FULL, lambda _: {"account_id": account_id(0)}),
        (
            "account_id of a large one, types=account.*",
            ANY,
            lambda _: {"account_id": account_id(0), "types": "account.*", "after": 100},
        ),
        ("actor of much", SOME, lambda _: {"actor": "open"}),
        ("actor of little", ANY, lambda _: {"actor": "key:rare"}),
        ("actor of nothing", NONE, lambda _: {"actor": "key:none"}),
        ("actor of little, types of others", NONE, lambda _: {"actor": "key:rare", "types": "account.opened"}),
    )
    for name, items, parameters in filters:
        yield Question(f"events: {name}", asking("/v1/events", parameters), items)
