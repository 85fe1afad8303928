"""LoopActor and LoopFuture pass pykka's own tests."""

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
"""Tests of the name and the daemon flag of a ThreadingActor's thread; a LoopActor has no thread."""


@pytest.fixture(scope="module")
def suite() -> Path:
    if not (SUITE / "tests").is_dir():
        pytest.fail("pykka's own tests are not there: `make install` fetches them", pytrace=False)
    return SUITE


@pytest.fixture(scope="module")
def report(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ET.Element]:
    """The output of pytest, and its report, after a run of the suite on our runtime."""
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
    output, _ = report
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", output.splitlines()[-1])}
    counts.pop("in", None)
    assert counts.keys() == {"passed", "deselected"}, output
    assert counts["passed"] > 140


def test_only_tests_of_threads_are_left_out(report: tuple[str, ET.Element]) -> None:
    output, _ = report
    assert f"{sum(LEFT_OUT.values())} deselected" in output


def test_the_tests_used_only_our_runtime(report: tuple[str, ET.Element]) -> None:
    _, cases = report
    runtimes = [noted.get("value") for noted in cases.iter("property") if noted.get("name") == "runtime"]
    assert set(runtimes) == {"LoopActor LoopFuture"}
    assert len(runtimes) > 120


def test_the_tests_are_those_of_the_pykka_that_is_installed(suite: Path) -> None:
    assert f'version = "{version("pykka")}"' in (suite / "pyproject.toml").read_text(encoding="utf-8")
