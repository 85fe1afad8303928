"""The open loop: the rates that it takes, and how its latency is shown."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bench.load.orders import Slice
from bench.measures import pace
from bench.measures.pace import Held, Paced, Step
from bench.report.marks import marks
from bench.report.pictures import rates
from bench.report.table import report
from bench.results import Results
from bench.servers import Server
from bench.setting import Amounts
from bench.watch import Watched
from tests.bench.examples import CORES, MACHINE, RecordingSetting, made, rounds, server

BARE, OURS = server(1), server(2)
CLOSED = rounds(bare=[5_000.0, 4_000.0, 3_000.0], seatkeeper=[1_000.0, 1_900.0, 900.0])
STALLED = [Slice(0.05, 9, 1.0, 2.0, 51.0), Slice(0.15, 9, 1.0, 2.0, 50.0), Slice(0.25, 9, 1.0, 2.0, 300.0)]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> RecordingSetting:
    def unwatched(_server: Server, _database: Path) -> AbstractContextManager[Watched]:
        return nullcontext(Watched([], []))

    monkeypatch.setattr(pace, "watching", unwatched)
    return RecordingSetting(Amounts(rounds=1, seconds=4.0, steady=30.0, held=12.0), {1: 4_000.0, 2: 1_000.0})


def held(share: float, p99: float) -> Held:
    return Held(share, made(1_000.0 * share, 2.0, p99, 4 * p99), made(4_000.0 * share, 1.0, 2.5, 7.5), Watched([], []))


def results(*both: Held) -> Results:
    paced = Paced(CLOSED, [Step(0.2, made(200.0)), Step(1.0, made(990.0))], list(both), 9)
    return Results(MACHINE, CORES, Amounts(), paced=paced)


def test_one_lucky_closed_loop_does_not_set_the_rate() -> None:
    assert pace.pace_at(CLOSED, "seatkeeper", 0.7).rate == pytest.approx(700.0)
    assert pace.pace_at(CLOSED, "bare", 0.5).rate == pytest.approx(2_000.0)


def test_each_side_gets_three_closed_loops_at_least_in_turn(setting: RecordingSetting) -> None:
    pace.closed_loops(setting, BARE, OURS)
    assert [order.port for order in setting.orders] == [1, 2, 2, 1, 1, 2]
    assert {(order.pace, order.seconds) for order in setting.orders} == {(None, 2.0)}


@pytest.mark.parametrize("share", pace.SHARES)
def test_each_side_is_held_at_a_share_of_its_own_median(setting: RecordingSetting, share: float) -> None:
    pace.hold_both(setting, BARE, OURS, CLOSED, share)
    taken = {order.port: order.pace.rate for order in setting.orders if order.pace}
    assert taken == pytest.approx({1: 4_000.0 * share, 2: 1_000.0 * share})


def test_only_the_service_at_the_marked_share_is_held_for_long_and_cut_into_slices(setting: RecordingSetting) -> None:
    for share in pace.SHARES:
        pace.hold_both(setting, BARE, OURS, CLOSED, share)
    long = [order for order in setting.orders if order.seconds == 30.0]
    assert [(order.port, order.slices) for order in long] == [(2, 300)]
    assert {(order.seconds, order.slices) for order in setting.orders if order not in long} == {(12.0, 0)}


def test_the_names_of_the_bare_service_need_not_differ(setting: RecordingSetting) -> None:
    pace.hold_both(setting, BARE, OURS, CLOSED, pace.MARKED)
    assert [(order.port, order.unique) for order in setting.orders] == [(1, False), (2, True)]


@pytest.mark.parametrize(("p99", "reached"), [(5.0, True), (5.1, False)])
def test_the_marks_are_those_of_the_service_at_70_percent(p99: float, *, reached: bool) -> None:
    found = marks(results(held(0.5, 90.0), held(0.7, p99), held(0.8, 90.0)))
    assert [mark.reached for mark in found] == [reached, reached, True]
    assert {mark.work.partition(",")[0] for mark in found} == {"p99", "p99.9", "stalls"}


def test_a_mark_names_the_latency_of_the_bare_service_beside_ours() -> None:
    p99, p999, _ = marks(results(held(0.7, 5.0)))
    assert p99.measured == "5.00 ms (bare 2.50 ms)"
    assert p999.measured == "20 ms (bare 7.50 ms)"


def test_a_part_of_the_marked_run_with_a_wait_above_50_ms_is_a_stall() -> None:
    both = held(0.7, 5.0)
    stalled = Held(0.7, msgspec.structs.replace(both.seatkeeper, slices=STALLED), both.bare, both.watched)
    stalls = marks(results(stalled))[2]
    assert (stalls.reached, stalls.measured.partition(";")[0]) == (False, "2 times 0.1 s")


def test_the_table_shows_both_sides_at_each_share() -> None:
    lines = report(results(held(0.5, 3.0), held(0.7, 5.0), held(0.8, 8.0))).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:6]] for line in lines if "% for 1 s: " in line]
    assert cells[2:] == [
        ["50% for 1 s: seatkeeper", "500", "2.00 ms", "3.00 ms", "12 ms"],
        ["50% for 1 s: bare", "2,000", "1.00 ms", "2.50 ms", "7.50 ms"],
        ["70% for 1 s: seatkeeper", "700", "2.00 ms", "5.00 ms", "20 ms"],
        ["70% for 1 s: bare", "2,800", "1.00 ms", "2.50 ms", "7.50 ms"],
        ["80% for 1 s: seatkeeper", "800", "2.00 ms", "8.00 ms", "32 ms"],
        ["80% for 1 s: bare", "3,200", "1.00 ms", "2.50 ms", "7.50 ms"],
    ]


def test_the_report_names_the_rates_that_the_shares_are_of() -> None:
    text = report(results(held(0.7, 5.0)))
    assert "the median of 3 closed loops of 1.0 s" in text
    assert "bare 4,000 a second (3,000 to 5,000), seatkeeper 1,000 a second (900 to 1,900)" in text


def test_the_picture_shows_steps_and_held_shares_from_left_to_right() -> None:
    paced = results(held(0.5, 3.0), held(0.7, 5.0)).paced
    assert paced is not None
    (axes,) = rates(paced).axes
    lines = {line.get_label(): np.asarray(line.get_xydata()).tolist() for line in axes.get_lines()}
    assert lines["p99"] == [[20.0, 3.0], [50.0, 3.0], [70.0, 5.0], [100.0, 3.0]]
    assert lines["bare: p99"] == [[50.0, 2.5], [70.0, 2.5]]
