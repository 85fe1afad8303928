"""The pages of the reference in a real browser: they show all, load nothing from outside, and report nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from seatkeeper.http.api.routes import ROUTES
from tests.browser.browser import Seen, watched
from tests.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the starter plans."""
    with Service(tmp_path_factory.mktemp("reference") / "seatkeeper.db") as running:
        yield running


@pytest.fixture(scope="module")
def reference(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The reference, as a browser has it."""
    return watched(f"{service.url}/docs", tmp_path_factory.mktemp("browser") / "profile")


@pytest.fixture(scope="module")
def problem(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The page of a problem, as a browser has it."""
    return watched(f"{service.url}/problems/no-seat-left", tmp_path_factory.mktemp("browser") / "profile")


def elsewhere(seen: Seen, service: Service) -> list[str]:
    """The addresses that were asked for and are not the service's."""
    return [address for address in seen.asked if not address.startswith((service.url, "data:", "blob:"))]


def test_the_reference_shows_every_call(reference: Seen) -> None:
    text = unescape(re.sub(r"<[^>]+>", "", reference.html))
    assert [route.name for route in ROUTES if route.summary not in text] == []


def test_the_reference_asks_nobody_else(reference: Seen, service: Service) -> None:
    assert f"{service.url}/openapi.json" in reference.asked
    assert elsewhere(reference, service) == []


def test_the_reference_reports_nothing(reference: Seen) -> None:
    assert reference.console == []


def test_a_problem_is_shown(problem: Seen) -> None:
    assert "<h1>No seat left</h1>" in problem.html


def test_the_page_of_a_problem_asks_nobody_else(problem: Seen, service: Service) -> None:
    assert any(address.startswith(f"{service.url}/docs/static/docs.css?") for address in problem.asked)
    assert elsewhere(problem, service) == []


def test_the_page_of_a_problem_reports_nothing(problem: Seen) -> None:
    assert problem.console == []
