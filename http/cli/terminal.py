"""What the commands share: the options --database and --json, a progress bar, and what they print."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping

import msgspec

from seatkeeper.http.cli.statuses import called_wrongly

NICE = 10
"""What verify, backup and export add to their niceness: a service on the same machine goes first."""

FILES = {"bash": "_shtab_compgen_files", "zsh": "_files"}
"""How shtab has a shell complete a path."""

A_REDRAW = 0.1
"""Seconds between two drawings of a bar."""


def add_database(parser: argparse.ArgumentParser, what: str = "the SQLite file") -> None:
    """Add the option --database."""
    named = parser.add_argument("--database", metavar="DATABASE", help=f"{what} (or SEATKEEPER_DATABASE)")
    completes_files(named)


def add_json(parser: argparse.ArgumentParser, where: str = "") -> None:
    """Add the option --json."""
    parser.add_argument("--json", action="store_true", help=f"{where}print JSON on standard output, for programs")


def tell_address(url: str) -> None:
    """Say where the service listens, in one piece: edges that start at once share an output, line by line."""
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()


def completes_files(argument: argparse.Action) -> None:
    """Have a shell complete a path there."""
    argument.complete = FILES  # type: ignore[attr-defined] # where shtab looks for it


def database_named(options: Mapping[str, object]) -> str:
    """Return the database as the command line or the environment names it; raise CommandFailed where neither does."""
    named = options["database"] or os.environ.get("SEATKEEPER_DATABASE")
    if not named:
        raise called_wrongly("--database is required")
    return str(named)


def progress_bar(doing: str) -> Callable[[int, int], None]:
    """Draw a progress bar on standard error, if that is a terminal."""
    drawn = 0.0

    def draw(done: int, of: int) -> None:
        nonlocal drawn
        if done < of and time.monotonic() < drawn + A_REDRAW:
            return
        drawn = time.monotonic()
        full = 40 * done // max(of, 1)
        end = "\n" if done >= of else ""
        print(f"\r{doing} [{'#' * full:40}] {done:,} of {of:,}", end=end, file=sys.stderr, flush=True)

    return draw if sys.stderr.isatty() else lambda _done, _of: None


def tell(sentence: str) -> None:
    """Print an error message."""
    print(f"seatkeeper: {sentence}", file=sys.stderr)


def print_json(value: object) -> None:
    """Print a line of JSON for a program."""
    print(msgspec.json.encode(value).decode(), flush=True)
