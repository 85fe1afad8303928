"""Run what leans on the interpreter and its SQLite module on each other Python of this machine: `make test-pythons`.

Each has a virtual environment of its own in build/, with the pinned packages. The classifiers in pyproject.toml name
the versions that a release must pass on; one of them that this machine lacks is named in the output.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
REQUIREMENTS: Final = ROOT / "requirements" / "develop.txt"
TESTS: Final = ("tests/storage", "tests/sqlite", "tests/verify", "tests/contract/resources", "tests/test_documents.py")
CHOSEN: Final = ("-k", "not postgresql")
"""Without those of a server, to which the SQLite module of a Python is nothing."""

NAMES: Final = "python3.1[1-9]"
"""3.11 is the first that Seatkeeper runs on."""

VERSION: Final = "import ensurepip, sqlite3, sys, venv; print('%d.%d' % sys.version_info[:2])"
PIP: Final = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps")


def classified() -> list[str]:
    """Give the versions that the classifiers name, such as 3.11."""
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))


def folders() -> list[Path]:
    """Give the folders of PATH, and those in which pyenv keeps its versions."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [*map(Path, os.get_exec_path()), *sorted(pyenv.glob("versions/*/bin"))]


def version(python: Path) -> str | None:
    """Ask a Python for its version; None if it does not start or cannot make a virtual environment."""
    asked = subprocess.run([python, "-c", VERSION], capture_output=True, text=True, check=False, timeout=60)
    return asked.stdout.strip() if asked.returncode == 0 else None


def pythons(places: Iterable[Path]) -> dict[str, Path]:
    """Give the first Python of each version in these folders."""
    found: dict[str, Path] = {}
    for place in places:
        for path in sorted(place.glob(NAMES)):
            if (answer := version(path)) is not None:
                found.setdefault(answer, path)
    return found


def install(python: Path, environment: Path) -> None:
    """Make the virtual environment, unless it has the pinned packages already."""
    stamp, wanted = environment / ".installed", f"{python}\n{REQUIREMENTS.read_text('utf-8')}"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    made = environment / "bin" / "python"
    run(python, "-m", "venv", "--clear", environment)
    run(made, *PIP, "--require-hashes", "--requirement", REQUIREMENTS)
    stamp.write_text(wanted, "utf-8")


def tested(environment: Path, options: list[str]) -> None:
    """Run the tests in this environment; CalledProcessError if one fails."""
    python = environment / "bin" / "python"
    run(python, *PIP, "--no-build-isolation", "--no-index", "--editable", ROOT)
    run(python, "-m", "pytest", "--quiet", *CHOSEN, *options, *TESTS)


def run(*command: str | Path) -> None:
    """Run a command in the root; CalledProcessError if it fails."""
    subprocess.run(command, cwd=ROOT, check=True)


def main(options: list[str]) -> int:
    """Test on each other Python, with these options of pytest; 1 when one of them failed."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = pythons(folders())
    others.pop(ours, None)
    environments = {name: ROOT / "build" / f"python-{name}" for name in others}
    failed = []
    with ThreadPoolExecutor() as pool:  # half a minute each
        installed = {name: pool.submit(install, python, environments[name]) for name, python in others.items()}
    for name, python in others.items():
        print(f"Python {name}: {python}", flush=True)
        try:
            installed[name].result()
            tested(environments[name], options)
        except subprocess.CalledProcessError:
            failed.append(name)
    for name in sorted({*classified()} - {*others, ours}):
        print(f"Python {name}: not tested, because this machine does not have it")
    if failed:
        print(f"failed on Python {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
