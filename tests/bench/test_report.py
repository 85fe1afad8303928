"""The report: marks and tables."""

from __future__ import annotations

import msgspec
import pytest

from bench.cross_check import CrossCheck
from bench.measures.event_stream import EventStream
from bench.measures.importing import Importing
from bench.measures.sign_ups import SignUpRounds
from bench.measures.timers import TimersDue
from bench.plan import Measure, OutOfTime, take_all
from bench.report import readme
from bench.report.marks import marks
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.sides import Rounds
from bench.timeline import Timeline
from tests.bench.examples import CORES, MACHINE, made


def signed_up(*rates: float) -> Results:
    bare, ours, keyed = ([made(rate)] for rate in rates)
    rounds = Rounds({"bare": bare, "seatkeeper": ours, "keyed": keyed})
    return Results(MACHINE, CORES, Amounts(), sign_ups=SignUpRounds(rounds, 2, None))


def test_a_mark_is_reached_or_missed() -> None:
    reached = {mark.mark: mark.reached for mark in marks(signed_up(10_000.0, 5_500.0, 4_000.0))}
    assert reached["at least 0.35 of bare"]
    assert not reached["at least 0.6 of bare"]
    assert reached["at most 4"]


def test_the_report_shows_ratios_with_their_spread() -> None:
    text = report(signed_up(10_000.0, 5_500.0, 4_000.0))
    assert "0.55 (0.55 to 0.55)" in text
    assert "MISSED" in text


@pytest.mark.parametrize("installed", [True, False])
def test_the_report_names_a_load_generator_that_no_other_program_has_checked(*, installed: bool) -> None:
    results = signed_up(10_000.0, 5_500.0, 4_000.0)
    assert results.sign_ups is not None
    if installed:
        results.sign_ups = msgspec.structs.replace(results.sign_ups, cross_check=CrossCheck(9_000.0, 1.0))
    text = report(results)
    assert ("Without wrk" in text, "by wrk" in text) == (not installed, installed)


@pytest.mark.parametrize(("p99", "reached"), [(6.0, True), (6.1, False)])
def test_timers_that_are_due_may_double_the_latency(p99: float, *, reached: bool) -> None:
    timers = TimersDue(100_000, 900.0, [made(900.0, p99=p99)], [made(900.0, p99=3.0)], [2_000], 4_500.0)
    results = Results(MACHINE, CORES, Amounts(), timers=timers)
    assert [mark.reached for mark in marks(results)] == [reached]
    assert "4,500" in report(results)


@pytest.mark.parametrize(("seconds", "reached"), [(10.0, True), (10.1, False)])
def test_a_thousand_accounts_are_imported_a_second(seconds: float, *, reached: bool) -> None:
    importing = Importing(10_000, 50_000, seconds, 4.0, 7.5, 6.0)
    results = Results(MACHINE, CORES, Amounts(), importing=importing)
    assert [mark.reached for mark in marks(results)] == [reached]
    assert "750 µs of CPU time of the service, 600 µs of the import" in report(results)
    assert "2,500" in report(results)


def test_the_report_names_the_measures_without_time() -> None:
    results = Results(MACHINE, CORES, Amounts(), left_out=["open loop"])
    assert "There was no time for: open loop." in report(results)


def test_a_run_leaves_out_what_would_take_too_long(tmp_path_factory: pytest.TempPathFactory) -> None:
    setting = Setting(Amounts(), CORES, tmp_path_factory.mktemp("bench"), Timeline(1.0))
    results = Results(MACHINE, CORES, Amounts())
    taken: list[str] = []

    def interrupted(_setting: Setting, _results: Results) -> None:
        raise OutOfTime

    measures = (
        Measure("long", lambda _setting, _results: taken.append("long"), lambda _: 100.0),
        Measure("short", lambda _setting, _results: taken.append("short"), lambda _: 1.0),
        Measure("slow", interrupted, lambda _: 1.0),
    )
    take_all(measures, setting, results, limit=10.0)
    assert (taken, results.left_out) == (["short"], ["long", "slow"])


def test_the_readme_has_markers_for_each_run() -> None:
    text = readme.README.read_text("utf-8")
    for run in ("bench", "bench-long"):
        assert "\n\nthe report\n\n" in readme.replaced(text, run, "the report")


def test_the_readme_shows_the_pictures_of_a_run_below_its_tables() -> None:
    shown = readme.with_pictures("the report", ["bench-rates.svg"])
    assert shown == "the report\n\n![bench-rates](pictures/bench-rates.svg)"


def test_the_report_has_the_readers_of_the_stream() -> None:
    stream = EventStream(100, [40_000.0, 60_000.0, 70_000.0], 1_000, 9_000.0, 7_000.0, 500, 3, (90_000_000, 95_000_000))
    results = Results(MACHINE, CORES, Amounts(), event_stream=stream)
    assert [mark.reached for mark in marks(results)] == [True, False]
    assert "60,000 (40,000 to 70,000)" in report(results)
    assert "95 MB" in report(results)


def test_results_can_be_read_again() -> None:
    results = signed_up(10_000.0, 5_500.0, 4_000.0)
    assert msgspec.json.decode(msgspec.json.encode(results), type=Results) == results
