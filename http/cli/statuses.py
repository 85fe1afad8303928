"""The exit statuses of every command; docs/command-line.md has them in a table, which a test compares with these."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    CALLED_WRONGLY = 2
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What it says of a command."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitStatus.DONE: "done",
    ExitStatus.FAILED: "it failed, or `verify` and `import` found something wrong; standard error says what",
    ExitStatus.CALLED_WRONGLY: "it was called wrongly, or `verify` cannot read the database",
    ExitStatus.INTERRUPTED: "it was interrupted with Ctrl-C",
}


class CommandFailed(Exception):
    """A command failed; the message tells the operator why."""

    def __init__(self, message: str, status: ExitStatus = ExitStatus.FAILED) -> None:
        super().__init__(message)
        self.status = status


def called_wrongly(message: str) -> CommandFailed:
    """Say that a command was called wrongly."""
    return CommandFailed(message, ExitStatus.CALLED_WRONGLY)
