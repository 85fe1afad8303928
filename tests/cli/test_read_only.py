"""A file in a folder that cannot be written: it is verified and copied, and not served. Needs root and `unshare`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.schema import prepare
from tests.service import clean_environment, command_line
from tests.sqlite.file.old_files import write_schema_1

MOUNTABLE = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]


def can_mount() -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(MOUNTABLE, capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="needs root and the right to mount")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file of today, in a folder of its own."""
    database = tmp_path / "folder" / "seatkeeper.db"
    database.parent.mkdir()
    write_schema_1(database)
    prepare(database, KINDS)
    return database


def run_read_only(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command line while the folder of the database is mounted read-only, for it alone."""
    folder = shlex.quote(str(database.parent))
    command = shlex.join(command_line(*arguments))
    script = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && exec {command}"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_it_is_verified(database: Path) -> None:
    done = run_read_only(database, "verify", "--database", str(database))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("everything agrees\n")


def test_it_is_copied(database: Path, tmp_path: Path) -> None:
    done = run_read_only(database, "backup", "--database", str(database), str(tmp_path / "copy.db"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "status"), [(("serve", "--port", "0"), 1), (("verify", "--rebuild"), 2)], ids=["serve", "rebuild"]
)
def test_it_is_not_written(database: Path, arguments: tuple[str, ...], status: int) -> None:
    done = run_read_only(database, *arguments, "--database", str(database))
    assert done.returncode == status
    assert done.stderr == f"seatkeeper: cannot open {database}.lock: Read-only file system\n"


def test_a_copy_into_it_is_refused(database: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.db"
    shutil.copy(database, source)
    done = run_read_only(database, "backup", "--database", str(source), str(database.with_name("copy.db")))
    assert done.returncode == 1
    assert "cannot be copied to" in done.stderr
