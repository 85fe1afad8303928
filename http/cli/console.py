"""What the commands share: the option --database, a progress bar, and error messages."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping

NICE = 10
"""What verify and backup add to their niceness: a service on the same machine goes first."""


def add_database(parser: argparse.ArgumentParser, what: str = "the SQLite file") -> None:
    """Add the option --database."""
    parser.add_argument("--database", metavar="DATABASE", help=f"{what} (or SEATKEEPER_DATABASE)")


def database_named(options: Mapping[str, object]) -> str | None:
    """Return the database as the command line or the environment names it, None where neither does."""
    named = options["database"] or os.environ.get("SEATKEEPER_DATABASE")
    return str(named) if named else None


def progress_bar(doing: str) -> Callable[[int, int], None]:
    """Draw a progress bar on standard error, if that is a terminal."""

    def draw(done: int, of: int) -> None:
        full = 40 * done // max(of, 1)
        end = "\n" if done >= of else ""
        print(f"\r{doing} [{'#' * full:40}] {done:,} of {of:,}", end=end, file=sys.stderr, flush=True)

    return draw if sys.stderr.isatty() else lambda _done, _of: None


def fail(sentence: str, status: int) -> int:
    """Print an error message; return the exit status."""
    print(f"seatkeeper: {sentence}", file=sys.stderr)
    return status
