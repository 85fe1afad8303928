"""The trials of this run, and the table at its end."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec
import pytest

from tests import suite
from tests.torture.rig.trial import SEED, Row, Trial, by_fault, table

RESULTS = Path(__file__).resolve().parents[2] / "build" / "torture.json"
ROW = "torture row"
"""The property of a test that holds its row: pytest-xdist brings it from the process that ran the test."""
NOTE = "torture note"


class Results(msgspec.Struct):
    """What the long form leaves for the table of promises."""

    length: str
    seed: int
    rows: list[Row]


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    """A trial of this test's own; it goes into the table."""
    trial = Trial(tmp_path, request.node.name)
    yield trial
    request.node.user_properties.append((ROW, msgspec.json.encode(trial.end()).decode()))
    request.node.user_properties += [(NOTE, note) for note in trial.notes]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print the seed beside a failure."""
    report = yield
    if report.failed:
        again = f"SUITE={suite.FORM} TORTURE_SEED={SEED} python -m pytest '{item.nodeid}'"
        report.sections.append(("to repeat it", again))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of promises; the long form also writes it down."""
    rows = by_fault([msgspec.json.decode(value, type=Row) for value in _found(terminalreporter, ROW)])
    if not rows:
        return
    terminalreporter.section(f"torture, {suite.FORM}, seed {SEED}")
    for line in [*table(rows), *_found(terminalreporter, NOTE)]:
        terminalreporter.write_line(line)
    if suite.FORM == "long":
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(Results(suite.FORM, SEED, rows)), indent=2) + b"\n")


def _found(terminalreporter: pytest.TerminalReporter, wanted: str) -> list[str]:
    """Read what the tests have left under a name."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    ended = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "teardown"]
    return [str(value) for report in ended for name, value in report.user_properties if name == wanted]
