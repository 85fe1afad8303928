"""`seatkeeper completion`: what a shell makes of a Tab, in the shell itself."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.service import clean_environment, run_to_its_end
from tests.torture.rig.machinery import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHELLS = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SET_UP = {
    "bash": "eval \"$(cat script)\"; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'",
    "zsh": "cp script _seatkeeper; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; unsetopt beep",
}
COMPLETED = [
    ("seatkeeper ver", "verify"),
    ("seatkeeper keys rot", "rotate"),
    ("seatkeeper keys create --sc", "--scope"),
    ("seatkeeper import custom", "customers.csv"),
    ("seatkeeper backup --database custom", "customers.csv"),
    ("seatkeeper completion z", "zsh"),
]


class Terminal:
    """A shell in a terminal."""

    def __init__(self, ours: int) -> None:
        self._ours = ours
        self.shown = ""

    def type(self, text: str) -> None:
        """Type this."""
        os.write(self._ours, text.encode())

    def wait_for(self, text: str) -> None:
        """Wait until this is shown after what was waited for before."""
        end = time.monotonic() + 20
        while text not in self.shown:
            if not select.select([self._ours], [], [], max(end - time.monotonic(), 0))[0]:
                pytest.fail(f"{text!r} is not in {self.shown!r}")
            self.shown += os.read(self._ours, 10_000).decode(errors="replace")
        self.shown = self.shown.partition(text)[2]


@contextmanager
def terminal(shell: str, folder: Path) -> Iterator[Terminal]:
    """Start a shell in this folder."""
    ours, theirs = pty.openpty()
    environment = clean_environment({"TERM": "dumb", "HOME": str(folder), "HISTFILE": "/dev/null"})
    process = subprocess.Popen(
        SHELLS[shell], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    try:
        yield Terminal(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_values_and_files(shell: str, tmp_path: Path) -> None:
    need(shell)
    (tmp_path / "script").write_text(run_to_its_end("completion", shell).output, "utf-8")
    (tmp_path / "customers.csv").touch()
    with terminal(shell, tmp_path) as shown:
        shown.type(f"{SET_UP[shell]}; echo re''ady\n")
        shown.wait_for("ready")
        for typed, completed in COMPLETED:
            shown.type(f"\x15{typed}")
            shown.wait_for(typed)
            shown.type("\t")
            shown.wait_for(completed.removeprefix(typed.split()[-1]))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_the_script_without_an_error(shell: str, tmp_path: Path) -> None:
    need(shell)
    script = tmp_path / "script"
    script.write_text(run_to_its_end("completion", shell).output, "utf-8")
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_refused() -> None:
    refused = run_to_its_end("completion", "fish")
    assert (refused.status, "invalid choice" in refused.errors) == (2, True)
