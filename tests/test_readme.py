"""The README's walk, run as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.given import a_customer, feed
from tests.service import Service, clean_environment, command_line

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
WALK = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
BACKUP, RESTORE = re.findall(r"```sh\n((?:\.venv/bin/seatkeeper|flock) .*?)```", README, re.DOTALL)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "readme.db") as running:
        yield running


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block with the output that the README shows."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def without_chance(text: str) -> str:
    """Number the ids in the order in which they first appear, and make every time the same."""
    ids: dict[str, str] = {}
    numbered = re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda m: ids.setdefault(m[0], f"id-{len(ids)}"), text
    )
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "time", numbered).strip()


def test_the_walk_answers_as_the_readme_shows(service: Service, tmp_path: Path) -> None:
    walk = [step for block in WALK for step in steps(block)]
    script = "\n".join(
        f"{command.replace('http://127.0.0.1:8080', service.url)}\necho; echo '--- step'" for command, _ in walk
    )
    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = "\n".join(output.strip() for _, output in walk)
    printed = "\n".join(output.strip() for output in done.stdout.split("--- step")[:-1])
    assert without_chance(printed) == without_chance(shown)


def test_the_readme_names_the_two_commands() -> None:
    assert "\nmake run " in README
    assert "\nmake test " in README


def run(script: str, folder: Path) -> None:
    """Run a block of the README in a folder that stands for the root."""
    command = script.replace(".venv/bin/seatkeeper", shlex.join(command_line()))
    subprocess.run(["bash", "-euc", command], cwd=folder, env=clean_environment(), timeout=60, check=True)


def test_a_backup_is_made_checked_and_restored_as_the_readme_shows(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with Service(tmp_path / "data" / "seatkeeper.db") as service:
        customer = a_customer(service)
        before = (customer.account(), feed(service))
        run(BACKUP, tmp_path)
        customer.credit(1)
        service.stop()
        run(RESTORE, tmp_path)
        service.start()
        assert (customer.account(), feed(service)) == before
