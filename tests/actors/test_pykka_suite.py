"""LoopActor and LoopFuture are what pykka says an actor and a future are: they pass pykka's own tests."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

HERE = Path(__file__).resolve().parent
SUITE = HERE.parent.parent / ".venv" / "share" / "pykka-suite"

LEFT_OUT = {"tests/test_threading_actor.py": 3}
"""Tests that are about the name and the daemon flag of a ThreadingActor's thread; our actors have no thread."""


@pytest.fixture(scope="module")
def suite() -> Path:
    if not (SUITE / "tests").is_dir():
        pytest.fail("pykka's own tests are not there: `make install` fetches them", pytrace=False)
    return SUITE


@pytest.fixture(scope="module")
def report(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ET.Element]:
    """What pytest prints, and its report, when the suite has run on our runtime and no other."""
    written = tmp_path_factory.mktemp("pykka") / "report.xml"
    without = [f"-pno:{plugin}" for plugin in ("schemathesis", "cacheprovider", "asyncio", "hypothesispytest")]
    left_out = [f"--deselect={path}" for path in LEFT_OUT]
    options = ["-q", "-c", "/dev/null", "--rootdir", ".", "-p", "loop_runtime", f"--junit-xml={written}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *without, *left_out, "tests"],
        cwd=suite,
        env={"PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert written.exists(), run.stdout + run.stderr
    return run.stdout + run.stderr, ET.parse(written).getroot()  # noqa: S314 - pytest wrote it a moment ago


def test_every_test_of_pykka_passes(report: tuple[str, ET.Element]) -> None:
    printed, _ = report
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", printed.splitlines()[-1])}
    counts.pop("in", None)
    assert counts.keys() == {"passed", "deselected"}, printed
    assert counts["passed"] > 140


def test_only_what_is_about_threads_is_left_out(report: tuple[str, ET.Element]) -> None:
    printed, _ = report
    assert f"{sum(LEFT_OUT.values())} deselected" in printed


def test_the_tests_ran_on_our_runtime_and_no_other(report: tuple[str, ET.Element]) -> None:
    _, cases = report
    runtimes = [noted.get("value") for noted in cases.iter("property") if noted.get("name") == "runtime"]
    assert set(runtimes) == {"LoopActor LoopFuture"}
    assert len(runtimes) > 120


def test_the_tests_are_those_of_the_pykka_that_is_installed(suite: Path) -> None:
    assert f'version = "{version("pykka")}"' in (suite / "pyproject.toml").read_text(encoding="utf-8")
