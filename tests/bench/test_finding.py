"""Lists and searches: the accounts that differ, and what is asked about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import varied
from bench.failure import BenchFailure
from bench.measures import finding
from bench.measures.finding import Finding, Found
from bench.questions import FULL, Question, questions
from bench.report.marks import marks
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.timeline import Timeline
from tests import suite
from tests.bench.examples import CORES, MACHINE


@suite.thorough
def test_all_that_is_asked_is_found_among_accounts_that_differ(tmp_path: Path) -> None:
    setting = Setting(Amounts(), CORES, tmp_path, Timeline(1.0))
    found = finding.measure(setting, finding.SMALL, rounds=1)
    assert [one.question for one in found.found] == [question.name for question in questions()]
    assert all(0 < one.p50 <= one.p99 for one in found.found)


def test_each_question_has_a_name_of_its_own() -> None:
    names = [question.name for question in questions()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("number", [0, 19, 52, 210, 330, 997, 1_000, 4_998, 19_999])
def test_what_is_asked_of_an_account_is_accepted(number: int) -> None:
    writer = varied.Writer(0)
    writer.write(number)
    accounts, members, *_ = writer.views.values()
    assert len(accounts) == 1
    assert len(members) == (varied.CROWD if number == 0 else 2 if number % 1_000 == 0 else 1)
    assert [event[0] for event in writer.events] == list(range(1, len(writer.events) + 1))


def test_a_full_account_is_full_with_a_consultant_too() -> None:
    number = next(number for number in range(0, 10**6, 1_000) if number and varied.is_("full", number))
    writer = varied.Writer(0)
    writer.write(number)
    _, members, *_ = writer.views.values()
    assert len(members) == varied.TERMS[varied.plan(number)].user_limit


@pytest.mark.parametrize("kind", varied.EVERY)
def test_the_names_of_accounts_are_different(kind: str) -> None:
    some = [number for number in range(20_000) if varied.is_(kind, number)]
    assert len({varied.name(number) for number in some}) == len(some)


def test_external_ids_and_pairs_of_addresses_are_different() -> None:
    numbers = range(0, 1_000_000, 3)
    assert len({varied.external_id(number) for number in numbers}) == len(numbers)
    assert len({varied.email(number) for number in range(200_000)}) == 100_000


def test_an_answer_with_too_few_items_ends_the_benchmark() -> None:
    question = Question("all", lambda _: "/v1/accounts", FULL)
    assert finding.count(question, 1, 200, b'{"items": [' + b"1, " * 49 + b"1]}") == 50
    for status, body in ((200, b'{"items": [1]}'), (503, b"{}")):
        with pytest.raises(BenchFailure, match="/v1/accounts"):
            finding.count(question, 1, status, body)


def test_the_report_has_each_question_and_the_mark_has_the_slowest() -> None:
    measured = Finding(1_000, 2.5, 300, [Found("quick", 50, 1.0, 2.0), Found("slow", 7, 3.0, 51.0)])
    results = Results(MACHINE, CORES, Amounts(), finding=measured)
    (mark,) = marks(results)
    assert (mark.measured, mark.reached) == ("51 ms (slow)", False)
    text = report(results)
    assert "| quick      | 50    | 1.00 ms | 2.00 ms |" in text
    assert "asked for 300 times" in text
