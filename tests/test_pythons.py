"""Which Pythons `make test-pythons` takes, and what pyproject.toml says of them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.pythons import ROOT, classified, install, pythons


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_the_first_python_of_each_version_is_taken(tmp_path: Path) -> None:
    shims, system, pyenv = (tmp_path / name for name in ("shims", "system", "pyenv"))
    executable(shims / "python3.12", "exit 127")  # what pyenv says of a version that is not chosen
    first = executable(system / "python3.11", "echo 3.11")
    executable(system / "python3.10", "echo 3.10")
    executable(pyenv / "python3.11", "echo 3.11")
    executable(pyenv / "python3.12-config", "echo 3.12")
    other = executable(pyenv / "python3.12", "echo 3.12")
    assert pythons([shims, system, tmp_path / "nowhere", pyenv]) == {"3.11": first, "3.12": other}


def test_an_environment_with_the_pinned_packages_is_kept(tmp_path: Path) -> None:
    python, made = tmp_path / "python3.12", tmp_path / "made"
    executable(python, f"mkdir -p {made}/bin && ln -sf {python} {made}/bin/python")
    install(python, made)
    executable(python, "exit 1")
    install(python, made)
    (made / ".installed").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        install(python, made)


def test_the_classifiers_begin_with_the_lowest_python_and_have_this_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = classified()
    assert project["requires-python"] == f">={named[0]}"
    assert named == [f"3.{minor}" for minor in range(11, 11 + len(named))]
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in named
