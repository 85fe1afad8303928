"""The wheel holds every module, each can be imported from it alone, and the pinned versions agree."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("actors", "storage", "http")
HELD = ("*.py", "*.sql", "static/*", "templates/*")

BUILD_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"

# Run with -I -S: no current folder, and no .pth file that would lead back to the working tree.
FROM_THE_WHEEL = """
import importlib, importlib.metadata, json, sys
target, dependencies, *sys.argv[1:] = sys.argv[1:]
sys.path[:0] = [target]
sys.path.append(dependencies)
"""
IMPORT_ALL = "print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[1:]}))"
RUN_AS_MODULE = """
import runpy
runpy.run_module("seatkeeper.http.cli", run_name="__main__")
"""
CALL_COMMAND = """
(command,) = importlib.metadata.entry_points(group="console_scripts", name="seatkeeper")
sys.exit(command.load()())
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments: str | Path, cwd: Path) -> None:
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, cwd=cwd)


def run_installed(installed: Path, script: str, *arguments: str) -> str:
    dependencies = sysconfig.get_path("purelib")
    program = FROM_THE_WHEEL + script
    return run(sys.executable, "-IS", "-W", "error", "-c", program, installed, dependencies, *arguments, cwd=installed)


def files_on_disk(pattern: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for layer in LAYERS for path in (ROOT / layer).rglob(pattern)}


def pins(file: str) -> dict[str, set[str]]:
    """Read a requirements file: `name==version` with its hashes."""
    read: dict[str, set[str]] = {}
    hashes: set[str] = set()
    for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines():
        word = line.split()[0] if line.split() else "#"
        if word.startswith("--hash="):
            hashes.add(word)
        elif not word.startswith("#"):
            hashes = read.setdefault(word, set())
    return read


def module_name(file: str) -> str:
    return "seatkeeper." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive from a copy, then the wheel from what the archive holds."""
    work = tmp_path_factory.mktemp("wheel")
    copy = work / "copy"
    # Not in the working tree, where the build/ of an earlier build would end up in the wheel.
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, copy / layer, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (*ROOT.glob("*.py"), ROOT / "pyproject.toml", ROOT / "README.md", ROOT / "LICENSE"):
        shutil.copy(file, copy)
    run(sys.executable, "-c", BUILD_SDIST, work, cwd=copy)
    (archive,) = work.glob("seatkeeper-*.tar.gz")
    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", work, archive, cwd=work)
    (built,) = work.glob("seatkeeper-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Install the wheel, and nothing else, into a folder of its own."""
    target = wheel.parent / "installed"
    pip("install", "--no-index", "--no-deps", "--target", target, wheel, cwd=wheel.parent)
    return target


def test_the_wheel_holds_all_modules_and_their_files_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as contents:
        held = {name for name in contents.namelist() if ".dist-info/" not in name}
    assert held == {f"seatkeeper/{file}" for file in set().union(*map(files_on_disk, HELD))}


def test_every_module_imports_from_the_wheel(installed: Path) -> None:
    names = {module_name(file) for file in files_on_disk("*.py") if not file.endswith("/__main__.py")}
    imported: dict[str, str] = json.loads(run_installed(installed, IMPORT_ALL, *sorted(names)))
    assert imported.keys() == names
    assert [file for file in imported.values() if not Path(file).is_relative_to(installed)] == []


def test_the_command_of_the_wheel_prints_its_help(installed: Path) -> None:
    assert "serve" in run_installed(installed, CALL_COMMAND, "--help")


def test_the_command_of_the_wheel_runs_as_a_module_too(installed: Path) -> None:
    assert "serve" in run_installed(installed, RUN_AS_MODULE, "--help")


def test_the_tests_use_the_pinned_dependencies_of_the_service() -> None:
    running, developing = pins("run.txt"), pins("develop.txt")
    assert running
    assert running == {pin: hashes for pin, hashes in developing.items() if pin in running}


def test_the_suite_of_pykka_has_the_version_of_pykka() -> None:
    ((pin, hashes),) = pins("pykka-suite.txt").items()
    assert hashes
    assert hashes < pins("run.txt")[pin]
