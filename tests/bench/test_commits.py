"""The service beside another commit of it: the order of the rounds, their ratios, and the CPU time a request."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench import load, machine, servers
from bench.__main__ import command_line, run_of
from bench.failure import BenchFailure
from bench.load.orders import Accounts, ComingsAndGoings, Order, Pages, SignUps, Work
from bench.measures.commits import MEASURES, Commits
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts
from bench.sides import Rounds, Side, in_turn
from tests.bench.examples import CORES, MACHINE, RecordingSetting, made, rounds, server

WORKS: list[Work] = [SignUps(1), Accounts(["a", "b"]), ComingsAndGoings("a"), Pages("a")]


def cells(text: str, side: str) -> list[str]:
    line = next(line for line in text.splitlines() if f": {side}" in line)
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_every_second_round_runs_in_reverse_order() -> None:
    setting = RecordingSetting(Amounts(), {1: 1.0, 2: 1.0, 3: 1.0})
    in_turn(setting, "work", [Side(str(port), server(port), setting.new_sign_ups) for port in (1, 2, 3)], rounds=3)
    assert [order.port for order in setting.orders] == [1, 2, 3, 3, 2, 1, 1, 2, 3]


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    found = rounds(other=[100.0, 200.0, 400.0], this=[150.0, 200.0, 200.0]).ratio("this", "other")
    assert found == (1.0, 0.5, 1.5)


def test_the_cpu_time_a_request_counts_all_requests_of_a_round() -> None:
    reports = [made(1.0, acknowledged=count) for count in (10_000, 5_000, 20_000)]
    measured = Rounds({"this": reports}, {"this": [1.0, 1.0, 1.0]})
    assert measured.cpu_a_request("this") == pytest.approx(100.0)


def test_the_cpu_time_of_a_server_is_that_of_its_process() -> None:
    assert server(1).cpu_seconds() == pytest.approx(time.process_time(), abs=0.5)


def test_the_report_shows_rates_cpu_time_and_ratios_of_all_sides() -> None:
    measured = Rounds(
        {"bare": [made(4_000.0)], "other": [made(1_000.0)], "this": [made(1_200.0)]},
        {"bare": [50e-6], "other": [200e-6], "this": [160e-6]},
    )
    commits = Commits("aaaaaaa", "bbbbbbb-dirty", {"sign-ups": measured})
    text = report(Results(MACHINE, CORES, Amounts(), commits=commits))
    assert cells(text, "bare") == ["4,000", "50 µs", "4.00 (4.00 to 4.00)", ""]
    assert cells(text, "other") == ["1,000", "200 µs", "", "0.25 (0.25 to 0.25)"]
    assert cells(text, "this") == ["1,200", "160 µs", "1.20 (1.20 to 1.20)", "0.30 (0.30 to 0.30)"]
    assert "`other` is aaaaaaa, `this` is bbbbbbb-dirty" in text


def test_a_run_beside_another_commit_takes_nothing_else() -> None:
    run = run_of(command_line().parse_args(["--against", "there"]))
    assert [measure.name for measure in run.measures] == ["another commit"]
    assert list(MEASURES) == ["sign-ups", "sign-ups with a key", "GET of an account", "one hot account"]
    assert run.amounts == {"rounds": 16, "seconds": 2.0}


def test_a_checkout_that_is_not_installed_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(BenchFailure, match="run `make install`"):
        servers.installed_in(tmp_path)


def test_the_other_commit_is_served_by_its_own_script(tmp_path: Path) -> None:
    script = tmp_path / ".venv" / "bin" / "seatkeeper"
    script.parent.mkdir(parents=True)
    script.touch()
    command = servers.seatkeeper(tmp_path / "a.db", servers.installed_in(tmp_path))
    assert command[:2] == [str(script), "serve"]


def test_a_directory_without_a_commit_is_unknown(tmp_path: Path) -> None:
    assert machine.commit(tmp_path) == "unknown"


@pytest.mark.parametrize("options", [(), ("--uvloop",)])
def test_the_bare_service_answers_what_the_load_verifies(options: tuple[str, ...], tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    with servers.running(servers.bare(*options), core, tmp_path / "log") as bare:
        orders = [Order(bare.port, work, connections=2, requests=20, unique=False) for work in WORKS]
        assert [load.make(order, core).acknowledged for order in orders] == [20, 20, 20, 20]
