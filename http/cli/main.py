"""The command line. Only the module of the command that is named is imported: that of `serve` takes 0.3 s."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version

PRIVATE = 0o077
"""The umask: every file that is made holds names and addresses, and only its owner may read it."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""

COMMANDS: Mapping[str, str] = {
    "serve": "start the service",
    "cluster": "start the service on many processes, on a PostgreSQL database",
    "keys": "make, list, rotate and revoke API keys",
    "verify": "compare all that is stored with a replay of the journal",
    "backup": "make a consistent copy, also while the service runs",
    "copy": "move from a file into a PostgreSQL database",
}
"""Each is a module beside this one, whose `add_options` gives its parser its options and the function to run."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 when it failed, or 2 when it was called wrongly."""
    given = sys.argv[1:] if arguments is None else arguments
    options = vars(_parser(next((one for one in given if one in COMMANDS), None)).parse_args(given))
    os.umask(PRIVATE)
    command: Callable[[Mapping[str, object]], int] = options.pop("run")
    try:
        return command(options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seatkeeper", description="Signs customers up to plans and keeps their seats."
    )
    parser.add_argument("--version", action="version", version=version("seatkeeper"))
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name == chosen:
            import_module(f"seatkeeper.http.cli.{name}").add_options(command)
    return parser
