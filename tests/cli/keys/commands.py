"""`seatkeeper keys` as a process, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.service import Ended, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def on_the_file(database: Path) -> Callable[..., Ended]:
    """Run the command on the file of a stopped service."""
    return lambda act, *arguments: run_to_its_end("keys", act, "--database", str(database), *arguments)


def on_the_service(url: str, key: str | None) -> Callable[..., Ended]:
    """Run the command through the API of a running service."""
    environment = {} if key is None else {"SEATKEEPER_KEY": key}
    return lambda act, *arguments: run_to_its_end("keys", act, "--url", url, *arguments, environment=environment)


def secret_of(ended: Ended) -> str:
    """The secret that was printed, alone on its line."""
    assert ended.status == 0, ended
    (secret,) = ended.output.splitlines()
    assert secret.startswith("sk_")
    return secret


def rows_of(ended: Ended) -> list[list[str]]:
    """The rows of the table that was printed, without its head, as words."""
    assert ended.status == 0, ended
    return [line.split() for line in ended.output.splitlines()[1:]]
