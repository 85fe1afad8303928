"""The units of deploy/systemd: what systemd says of them, and that the service asks for nothing that they refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from seatkeeper.http.settings import Settings
from tests.contract.given import a_customer
from tests.deploy.proxies import DEPLOY
from tests.service import Service, command_line
from tests.torture.rig.machinery import eventually, need

UNITS = DEPLOY / "systemd"
SERVICES = ["seatkeeper.service", "seatkeeper-backup.service"]
PROGRAM = "/opt/seatkeeper/.venv/bin/seatkeeper"
HARD_END = 12.0
"""Seconds after the stop deadline within which the process ends (docs/operations.md)."""

AS_ROOT_ONLY = {"fchown"}
"""What SQLite asks for when it runs as root, as a test may, and the units do not."""


@pytest.mark.parametrize("unit", SERVICES)
def test_the_unit_exposes_little(unit: str) -> None:
    need("systemd-analyze")
    analyze("security", "--offline=true", "--threshold=25", str(UNITS / unit))


def test_systemd_finds_no_fault_with_the_units(tmp_path: Path) -> None:
    need("systemd-analyze")
    drop_in = tmp_path / "seatkeeper.service.d"
    drop_in.mkdir()
    (drop_in / "postgresql.conf").write_text((UNITS / "seatkeeper.service.d/postgresql.conf").read_text("utf-8"))
    names = [*SERVICES, "seatkeeper-backup.timer"]
    for name in names:
        text = (UNITS / name).read_text("utf-8").replace(PROGRAM, str(Path(sys.executable).with_name("seatkeeper")))
        (tmp_path / name).write_text(text.replace("/opt/seatkeeper", str(DEPLOY.parent)))
    complaints = analyze("verify", "--man=no", *(str(tmp_path / name) for name in names)).splitlines()
    assert [line for line in complaints if "seatkeeper" in line] == []


def test_a_stop_gets_more_time_than_the_service_takes() -> None:
    deadline = Settings(database="seatkeeper.db").stop_deadline + HARD_END
    assert float(setting("seatkeeper.service", "TimeoutStopSec")) > deadline


def test_the_service_and_its_backup_ask_for_no_call_and_no_memory_that_the_units_refuse(tmp_path: Path) -> None:
    need("systemd-analyze", "strace")
    database, log = tmp_path / "seatkeeper.db", tmp_path / "strace"
    watched = ["strace", "-D", "-f", "-q", "-s", "0", "-e", "signal=none", "-o", f"{log}.serve", *command_line()]
    with Service(database, program=watched) as service:
        a_customer(service).credit(1)
        saved = ["strace", "-f", "-q", "-s", "0", "-e", "signal=none", "-o", f"{log}.backup"]
        backup = command_line("backup", "--database", str(database), str(tmp_path / "copy.db"))
        subprocess.run([*saved, *backup], check=True, timeout=120, capture_output=True)
        pid = service.pid
        service.stop()
    ended = re.compile(rf"^{pid} +\+\+\+ exited with 0", re.MULTILINE)
    eventually(lambda: bool(ended.search(Path(f"{log}.serve").read_text("utf-8"))), 30, "strace has written all")
    for name, unit in (("serve", SERVICES[0]), ("backup", SERVICES[1])):
        written = Path(f"{log}.{name}").read_text("utf-8")
        asked = set(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed)", written, re.MULTILINE))
        assert {"execve", "openat", "pwrite64"} <= asked  # what is always there was read
        assert asked - allowed(unit) - AS_ROOT_ONLY == set()
        assert [line for line in written.splitlines() if executable(line)] == []
        families = set(re.findall(r" socket\((AF_\w+)", written))
        assert families <= set(setting(unit, "RestrictAddressFamilies").split())


def executable(line: str) -> bool:
    """Whether a call makes memory that is written executable, which MemoryDenyWriteExecute refuses."""
    return bool(re.search(r"mmap\(.*PROT_WRITE\|PROT_EXEC|(?:pkey_)?mprotect\(.*PROT_EXEC", line))


def allowed(unit: str) -> set[str]:
    """The calls that the lines of a unit allow, one after the other."""
    calls: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", (UNITS / unit).read_text("utf-8"), re.MULTILINE):
        named = {call for name in line.removeprefix("~").split() for call in expanded(name)}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def expanded(name: str) -> set[str]:
    """The calls of a set, as systemd knows it."""
    if not name.startswith("@"):
        return {name}
    done = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True, timeout=60
    )
    listed = [line.strip() for line in done.stdout.splitlines()[1:] if line.strip() and "#" not in line]
    return {call for inner in listed for call in expanded(inner)}


def setting(unit: str, name: str) -> str:
    """The last line of a unit that sets this."""
    read = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(UNITS / unit, "utf-8")
    return read["Service"][name]


def analyze(*arguments: str) -> str:
    """Run systemd-analyze, which has to succeed; what it complained of."""
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr
