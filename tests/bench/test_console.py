"""The pages of the console: what is opened, and how it is told."""

from __future__ import annotations

from pathlib import Path

from bench.measures import console
from bench.measures.console import Console, Opened
from bench.report.marks import marks
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.timeline import Timeline
from tests import suite
from tests.bench.examples import CORES, MACHINE


@suite.thorough
def test_all_pages_are_opened_among_accounts_that_differ(tmp_path: Path) -> None:
    setting = Setting(Amounts(), CORES, tmp_path, Timeline(1.0))
    found = console.measure(setting, 2_000, rounds=1)
    assert [one.page for one in found.opened] == [page.name for page in console.pages()]
    assert all(0 < one.p50 <= one.p99 for one in found.opened)


def test_each_page_has_a_name_of_its_own() -> None:
    names = [page.name for page in console.pages()]
    assert len(set(names)) == len(names)


def test_the_slowest_page_is_held_against_the_mark() -> None:
    opened = [Opened("quick", 2_000, 1.0, 2.0), Opened("slow", 90_000, 50.0, 101.0)]
    results = Results(MACHINE, CORES, Amounts(), console=Console(100_000, 200, 300.0, opened))
    mark = next(mark for mark in marks(results) if "pages of the console" in mark.work)
    assert (mark.measured, mark.reached) == ("101 ms (slow)", False)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report(results).splitlines()]
    assert ["quick", "2,000", "1.00 ms", "2.00 ms"] in rows
