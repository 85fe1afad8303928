"""The service on PostgreSQL beside the same on a file."""

from __future__ import annotations

from pathlib import Path

from bench import machine
from bench.__main__ import command_line, run_of
from bench.measures.engines import FILE, POSTGRESQL, Engines, take
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.sides import Rounds
from bench.timeline import Timeline
from tests.bench.examples import CORES, MACHINE, made


def test_a_run_on_postgresql_takes_nothing_else() -> None:
    run = run_of(command_line().parse_args(["--postgresql", "postgresql://127.0.0.1/x"]))
    assert [measure.name for measure in run.measures] == ["PostgreSQL"]


def test_the_report_shows_the_ratio_to_the_file() -> None:
    measured = Rounds({"bare": [made(4_000.0)], FILE: [made(1_000.0)], POSTGRESQL: [made(800.0)]})
    text = report(Results(MACHINE, CORES, Amounts(), engines=Engines({"sign-ups": measured})))
    line = next(line for line in text.splitlines() if f"sign-ups: {POSTGRESQL}" in line)
    assert "0.80 (0.80 to 0.80)" in line


def test_sign_ups_are_measured_on_both(database_url: str, tmp_path: Path) -> None:
    amounts = Amounts(connections=8, rounds=1, seconds=0.2, warm_up=0.1)
    timeline = Timeline(10.0)
    timeline.begin(10.0)
    try:
        rounds = take(Setting(amounts, machine.two_cores(), tmp_path, timeline), "sign-ups", database_url)
    finally:
        timeline.end()
    assert all(rounds.acknowledged(side) > 0 for side in (FILE, POSTGRESQL))
