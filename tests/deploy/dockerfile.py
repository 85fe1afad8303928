"""The Dockerfile as a list of instructions, and its first stage done in a folder of this machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from tests.test_wheel import pins

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
INSTALLED = "/opt/seatkeeper"
"""Where the image has the environment."""


class Instruction(NamedTuple):
    """A word such as RUN, and what follows it on its line."""

    word: str
    rest: str

    @property
    def command(self) -> list[str]:
        """The command in its exec form; raise ValueError where a shell would run it."""
        read = json.loads(self.rest[self.rest.index("[") :])
        if not self.rest.startswith("[") and not re.match(r"(?:--\S+ )*CMD \[", self.rest):
            message = f"{self.word} has the form for a shell: {self.rest}"
            raise ValueError(message)
        return [str(part) for part in read]


def instructions() -> list[Instruction]:
    """Read the Dockerfile, without its comments, each instruction on one line."""
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in whole.splitlines() if line]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage; each begins with its FROM."""
    read: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction.word == "FROM":
            read.append([])
        read[-1].append(instruction)
    return read


def build(folder: Path, install: Callable[[list[str], Path], None]) -> Path:
    """Do the first stage in this folder, with `install` for what installs packages; return the environment."""
    environment, work = folder / "seatkeeper", folder
    for word, rest in stages()[0]:
        if word == "WORKDIR":
            work = folder / rest.lstrip("/")
            work.mkdir()
        elif word == "COPY":
            copy(rest.split(), work)
        elif word == "RUN":
            command = [part.replace(INSTALLED, str(environment)) for part in Instruction(word, rest).command]
            command[0] = sys.executable if command[0] == "python" else command[0]
            (install if "--require-hashes" in command else run)(command, work)
    return environment


def copy(paths: list[str], work: Path) -> None:
    """Copy files of the repository, and folders without what Python has left in them."""
    *sources, target = paths
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, work / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (work / target).mkdir(exist_ok=True)
            shutil.copy(ROOT / source, work / target)


def run(command: list[str], work: Path) -> None:
    """Run a step, which has to succeed."""
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def install_from_here(command: list[str], work: Path) -> None:
    """Take the pinned packages from the environment of the tests, in the place of asking a registry for them."""
    run([command[0], "-m", "pip", "uninstall", "--yes", "setuptools"], work)  # an older one that venv brings
    (target,) = Path(command[0]).parents[1].glob("lib/python*/site-packages")
    for requirement in pins(Path(command[-1]).name):
        for source, path in files_of(requirement.partition("==")[0]):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / path)


def files_of(package: str) -> Iterator[tuple[Path, str]]:
    """The files of a package that is installed here; none if it is for another Python or another system."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return
    for file in found.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            yield Path(str(found.locate_file(file))), str(file)
