"""The trials of this run, and the table at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.torture.trial import LENGTH, SEED, Row, Trial, by_fault, table

if TYPE_CHECKING:
    from collections.abc import Generator

RESULTS = Path(__file__).resolve().parents[2] / "build" / "torture.json"
ROWS = pytest.StashKey[list[Row]]()


class Results(msgspec.Struct):
    """What `make torture` leaves for the table of promises."""

    length: str
    seed: int
    rows: list[Row]


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    """A trial of this test's own; it goes into the table."""
    trial = Trial(tmp_path, request.node.name)
    yield trial
    request.config.stash.setdefault(ROWS, []).append(trial.end())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print the seed beside a failure."""
    report = yield
    if report.failed:
        report.sections.append(
            ("to repeat it", f"TORTURE={LENGTH} TORTURE_SEED={SEED} python -m pytest '{item.nodeid}'")
        )
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of promises; the long form also writes it down."""
    rows = by_fault(_rows(config))
    if not rows:
        return
    terminalreporter.section(f"torture, {LENGTH}, seed {SEED}")
    for line in table(rows):
        terminalreporter.write_line(line)
    if LENGTH == "long":
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(Results(LENGTH, SEED, rows)), indent=2) + b"\n")


def _rows(config: pytest.Config) -> list[Row]:
    return config.stash.get(ROWS, [])
