"""The command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version

from seatkeeper.http import settings
from seatkeeper.http.cli.backup import backup_command
from seatkeeper.http.cli.serve import serve_command
from seatkeeper.http.cli.verify import verify_command

PRIVATE = 0o077
"""The umask: every file that is made holds names and addresses, and only its owner may read it."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 when it failed, or 2 when it was called wrongly."""
    options = vars(_parser().parse_args(arguments))
    os.umask(PRIVATE)
    command: Callable[[Mapping[str, object]], int] = options.pop("run")
    try:
        return command(options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seatkeeper", description="Signs customers up to plans and keeps their seats."
    )
    parser.add_argument("--version", action="version", version=version("seatkeeper"))
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="start the service", description=settings.Settings.__doc__)
    settings.add_options(serving)
    serving.set_defaults(run=serve_command)
    verifying = commands.add_parser(
        "verify",
        help="compare all that is stored with a replay of the journal",
        description="Replay the whole journal and compare snapshots, views, balances and receipts with it. The service"
        " may run meanwhile. The exit status is 0 only if everything agrees, 1 if something does not, 2 if the file"
        " cannot be read.",
    )
    verifying.add_argument("--rebuild", action="store_true", help="write the views anew first; no service may run")
    verifying.set_defaults(run=verify_command)
    saving = commands.add_parser(
        "backup",
        help="make a consistent copy, also while the service runs",
        description="Copy the database as it is at this moment, also while the service runs.",
    )
    saving.add_argument("destination", metavar="DEST", help="the copy, a file that is not there yet")
    saving.set_defaults(run=backup_command)
    for one in (verifying, saving):
        one.add_argument("--database", metavar="FILE", help="the SQLite file (or SEATKEEPER_DATABASE)")
    return parser
