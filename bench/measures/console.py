"""The pages of the console, opened by one operator, with many accounts stored."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from bench import varied
from bench.bulk import account_id
from bench.failure import BenchFailure
from bench.load.tally import percentiles
from bench.measures import finding

if TYPE_CHECKING:
    from bench.setting import Setting

NAME: Final = "console"
ACCOUNTS: Final = 100_000
ROUNDS: Final = 200
"""How often each page is opened: the p99 is the second slowest."""

CROWD: Final = f"/accounts/{account_id(0)}"
"""The account with 10,000 members."""

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class Opened(msgspec.Struct, frozen=True):
    """A page, how many bytes it had most often, and the milliseconds until it was there."""

    page: str
    size: int
    p50: float
    p99: float


class Console(msgspec.Struct, frozen=True):
    """With so many accounts, each page opened so often; the milliseconds of the first one, which loads the console."""

    accounts: int
    rounds: int
    first: float
    opened: list[Opened]

    def worst(self) -> Opened:
        """Give the page with the highest p99."""
        return max(self.opened, key=lambda opened: opened.p99)


class Page(NamedTuple):
    """A page: its name, its path below /console for each number, and what is sent there, if it is a form."""

    name: str
    path: Callable[[int], str]
    form: Callable[[int], dict[str, str]] | None = None


def pages() -> Iterator[Page]:
    """Yield all of them."""
    for name, path in FIXED.items():
        yield Page(name, lambda _, path=path: path)  # type: ignore[misc] # each its own path
    yield Page("accounts by name", lambda number: searched("name", f"{number:06}"))
    yield Page("accounts of a person", lambda number: searched("email", varied.email(number)))
    yield Page(
        "accounts by external id", lambda number: searched("external_id", f"{varied.external_id(number // 3 * 3)}")
    )
    for name, below in BELOW.items():
        yield Page(name, lambda number, below=below: f"/accounts/{account_id(number)}{below}")  # type: ignore[misc] # the same
    yield Page("form of a new member", lambda number: f"/do/add_member?account_id={account_id(number)}")
    yield Page("sign-up, tried", lambda _: "/do/sign_up", tried)


FIXED: Final = {
    "overview": "",
    "accounts": "/accounts?limit=200",
    "closed accounts by name": "/accounts?status=closed&sort=account_name",
    "10,000 members: account": CROWD,
    "10,000 members: limits": f"{CROWD}/limits",
    "10,000 members: 200 of them": f"{CROWD}/members?limit=200",
    "10,000 members: found": f"{CROWD}/members?q=09999",
    "10,000 members: history": f"{CROWD}/history",
    "plans": "/plans",
    "plan": f"/plans/{varied.FREE}",
    "webhooks": "/webhooks",
    "keys": "/keys",
    "journal": "/journal?limit=200",
    "journal, one type": "/journal?types=account.closed",
    "actions": "/do",
    "form of a sign-up": "/do/sign_up",
}

BELOW: Final = {"account": "", "members": "/members", "history": "/history", "between two moments": "/diff?from=1"}


def searched(by: str, sought: str) -> str:
    """Write the path of a search."""
    return f"/accounts?{urlencode({'by': by, 'q': sought})}"


def tried(number: int) -> dict[str, str]:
    """Fill in the form of a sign-up."""
    return {"/account_name": f"Tried {number}", "/user_name": "Ada", "/plan_id": varied.FREE, "step": "try"}


def measure(setting: Setting, accounts: int = ACCOUNTS, rounds: int = ROUNDS) -> Console:
    """Write accounts that differ, wait until the search index has them, and open all pages in turn."""
    finding.write(setting, accounts, NAME)
    with setting.serving(NAME) as server:
        setting.timeline.show(f"waiting for the search index of {accounts:,} accounts")
        finding.wait_for_index(server)
        setting.timeline.show(f"opening pages among {accounts:,} accounts")
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
            touch(connection)
            operator = Operator(connection)
            opened = open_all(operator, accounts, rounds)
    return Console(accounts, rounds, operator.first, opened)


def touch(connection: http.client.HTTPConnection) -> None:
    """Have the large account stored as it would be, had it come by commands: its rows came without a snapshot."""
    connection.request(
        "PATCH", f"/v1{CROWD}", b'{"metadata": {"touched": "yes"}}', {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    if (body := answer.read()) and answer.status != http.client.OK:
        raise BenchFailure(f"{CROWD}: {answer.status}: {body[:300]!r}")


class Operator:
    """Opens pages on one connection, with the cookie and the token of its forms."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        """Open the first page, and a form."""
        self._connection = connection
        self._cookie = self._token = ""
        began = time.perf_counter()
        self.open(Page("first", lambda _: "/accounts"), 0)
        self.first = (time.perf_counter() - began) * 1e3
        found = re.search(rb'name="csrf" value="(\w+)"', self.open(Page("form", lambda _: "/do/sign_up"), 0))
        self._token = "" if found is None else found[1].decode()

    def open(self, page: Page, number: int) -> bytes:
        """Open a page; BenchFailure unless it is there."""
        path = f"/console{page.path(number)}"
        headers = {"Cookie": self._cookie} if self._cookie else {}
        if page.form is None:
            self._connection.request("GET", path, headers=headers)
        else:
            sent = urlencode({**page.form(number), "csrf": self._token})
            self._connection.request("POST", path, sent, {**headers, **FORM})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise BenchFailure(f"{path}: {answer.status}: {body[:300]!r}")
        self._cookie = answer.headers.get("Set-Cookie", self._cookie).partition(";")[0]
        return body


def open_all(operator: Operator, accounts: int, rounds: int) -> list[Opened]:
    """Open all pages in turn, so many times, each time about another account."""
    asked = list(pages())
    took: dict[str, list[int]] = {page.name: [] for page in asked}
    sizes: dict[str, list[int]] = {page.name: [] for page in asked}
    for turn in range(rounds):
        number = 1 + turn * 7_919 % (accounts - 1_000)
        for page in asked:
            began = time.perf_counter_ns()
            body = operator.open(page, number)
            took[page.name].append(time.perf_counter_ns() - began)
            sizes[page.name].append(len(body))
    return [opened(page.name, sizes[page.name], took[page.name]) for page in asked]


def opened(name: str, sizes: list[int], nanoseconds: list[int]) -> Opened:
    """Sum up one page."""
    latency = percentiles(nanoseconds)
    return Opened(name, sorted(sizes)[len(sizes) // 2], latency.p50, latency.p99)
