"""The first page of each list, filter and search, asked by one client, with many accounts stored."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

import msgspec

from bench import client, varied
from bench.failure import BenchFailure
from bench.load.tally import percentiles
from bench.questions import Question, questions
from bench.stored import count_accounts, verify

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting
    from seatkeeper.actors.accounts.values import Terms

NAME: Final = "finding"
SMALL: Final = 20_000
LARGE: Final = 1_000_000
ROUNDS: Final = 300
"""How often each question is asked: the p99 is the third slowest."""

FEW_ROUNDS: Final = 100
"""The same in the small form, where the p99 is the slowest."""

BEHIND: Final = "seatkeeper_search_behind_events"
LOOK_EVERY: Final = 0.2
INDEXED_WITHIN: Final = 1_800.0


class Found(msgspec.Struct, frozen=True):
    """A question, how many items its first page had most often, and the milliseconds until it was there."""

    question: str
    items: int
    p50: float
    p99: float


class Finding(msgspec.Struct, frozen=True):
    """With so many accounts: seconds until the search index had all of them, and what was asked how often."""

    accounts: int
    indexed: float
    rounds: int
    found: list[Found]

    def worst(self) -> Found:
        """Give the question with the highest p99."""
        return max(self.found, key=lambda found: found.p99)


class Items(msgspec.Struct, frozen=True):
    """The part of a page that is counted."""

    items: list[msgspec.Raw]


def measure(setting: Setting, accounts: int, rounds: int) -> Finding:
    """Write accounts that differ, wait until the search index has them, ask, and verify the file."""
    write(setting, accounts)
    with setting.serving(NAME) as server:
        setting.timeline.show(f"waiting for the search index of {accounts:,} accounts")
        indexed = wait_for_index(server)
        setting.timeline.show(f"finding among {accounts:,} accounts")
        found = ask(server, list(questions()), accounts, rounds)
    setting.timeline.show(f"verifying {accounts:,} accounts")
    count_accounts(setting.file(NAME), accounts)
    verify(setting.file(NAME), within=3600.0)
    return Finding(accounts, indexed, rounds, found)


def write(setting: Setting, accounts: int, name: str = NAME) -> None:
    """Make a file of this name with the plans that are not there at the start, and the accounts."""
    with setting.serving(name) as server:
        for terms in (varied.TERMS[varied.RARE], varied.TERMS[varied.LARGE]):
            define_plan(server, terms)
    step = f"writing {accounts:,} accounts that differ"
    varied.write(setting.file(name), accounts, lambda done: setting.timeline.show(step, done / accounts))


def define_plan(server: Server, terms: Terms) -> None:
    """Define the plan of these terms."""
    package = {"total_seats": terms.total_seats, "user_limit": terms.user_limit}
    body: dict[str, object] = {"name": "Own", "type": "own", "package": package, "plan_id": terms.plan_id}
    client.call(server, "/v1/plans", dict, body)


def wait_for_index(server: Server) -> float:
    """Wait until the search index has everything; return the seconds that it took."""
    began = time.perf_counter()
    client.define_plan(server, 1)  # the number is that of the last commit, and there was none since the start
    while behind := client.counter(server, BEHIND):
        if time.perf_counter() > began + INDEXED_WITHIN:
            raise BenchFailure(f"the search index was {behind:,.0f} events behind after {INDEXED_WITHIN:.0f} s")
        time.sleep(LOOK_EVERY)
    return time.perf_counter() - began


def ask(server: Server, asked: list[Question], accounts: int, rounds: int) -> list[Found]:
    """Ask all questions in turn on one connection, so many times, each time about another account."""
    took: dict[str, list[int]] = {question.name: [] for question in asked}
    items: dict[str, list[int]] = {question.name: [] for question in asked}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        for turn in range(rounds):
            number = turn * 7_919 % (accounts - 1_000)
            for question in asked:
                began = time.perf_counter_ns()
                connection.request("GET", question.path(number))
                answer = connection.getresponse()
                body = answer.read()
                took[question.name].append(time.perf_counter_ns() - began)
                items[question.name].append(count(question, number, answer.status, body))
    return [found(question.name, items[question.name], took[question.name]) for question in asked]


def count(question: Question, number: int, status: int, body: bytes) -> int:
    """Count the items of an answer; BenchFailure unless it is as it must be."""
    counted = len(msgspec.json.decode(body, type=Items).items) if status == http.client.OK else -1
    if counted not in question.items:
        raise BenchFailure(f"{question.path(number)}: {status} with {counted} items: {body[:300]!r}")
    return counted


def found(name: str, items: list[int], nanoseconds: list[int]) -> Found:
    """Sum up one question."""
    latency = percentiles(nanoseconds)
    return Found(name, sorted(items)[len(items) // 2], latency.p50, latency.p99)
