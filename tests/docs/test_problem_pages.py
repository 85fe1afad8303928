"""What is told of each type of problem: what it is, when it comes, what to do, and how it looks."""

from __future__ import annotations

import re

import pytest

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.docs.problem_pages import ProblemPage, problem_pages
from seatkeeper.http.openapi.kinds import refusals_of
from seatkeeper.http.server.problems import BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, NOT_READY, PROBLEMS

PAGES = problem_pages(ROUTES)
EVERY_PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


def test_every_refusal_of_a_route_has_a_page() -> None:
    assert {refusal.slug() for route in ROUTES for refusal in refusals_of(route)} <= PAGES.keys()


def test_every_problem_of_the_table_has_a_page() -> None:
    others = (BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, NOT_READY)
    assert {problem.slug for problem in (*PROBLEMS.values(), *others)} <= PAGES.keys()


@EVERY_PAGE
def test_a_page_says_when_the_problem_comes(page: ProblemPage) -> None:
    assert re.fullmatch(r"It comes[ ,].*\.", page.when)


@EVERY_PAGE
def test_a_page_says_what_to_do(page: ProblemPage) -> None:
    assert re.fullmatch(r"[A-Z].*\.", page.what_to_do)


@EVERY_PAGE
def test_a_text_has_no_field_that_is_not_filled_in(page: ProblemPage) -> None:
    texts = " ".join((page.detail, page.when.replace("/{key}", ""), page.what_to_do.replace("/{key}", "")))
    assert "{" not in texts
    assert texts.count("`") % 2 == 0


@EVERY_PAGE
def test_an_example_is_of_the_problem(page: ProblemPage) -> None:
    shown = {name: page.example[name] for name in ("type", "title", "status")}
    assert shown == {"type": page.type, "title": page.title, "status": page.status}
    assert "{" not in str(page.example["detail"])
    assert str(page.example["instance"]).startswith("/")
    assert "{" not in str(page.example["instance"])


def test_a_page_lists_the_calls_that_answer_with_the_problem() -> None:
    calls = [(call.method, call.path) for call in PAGES["last-admin"].calls]
    member = "/v1/accounts/{account_id}/members/{member_id}"
    assert calls == [("PATCH", member), ("DELETE", member)]


def test_what_every_call_may_answer_with_is_said_so() -> None:
    assert PAGES["internal-error"].every_call
    assert not PAGES["last-admin"].every_call


def test_what_comes_before_a_call_is_found_belongs_to_none() -> None:
    assert [slug for slug, page in PAGES.items() if not page.calls] == ["bad-request", "method-not-allowed"]
