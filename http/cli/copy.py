"""`seatkeeper copy`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from seatkeeper.http.cli.statuses import CommandFailed
from seatkeeper.http.cli.terminal import (
    add_database,
    add_json,
    completes_files,
    database_named,
    print_json,
    progress_bar,
)
from seatkeeper.storage.engines import copy
from seatkeeper.storage.errors import DatabaseRefused

WHAT = "the SQLite file, or postgresql://user@host/name"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "Everything is copied into a new file or an empty PostgreSQL database, with all positions, to be served there"
        " from then on. No service may run on either."
    )
    completes_files(parser.add_argument("destination", metavar="DEST", help=f"the copy: {WHAT}"))
    add_database(parser, WHAT)
    add_json(parser)
    parser.set_defaults(run=copy_command)


def copy_command(options: Mapping[str, object]) -> int:
    """Copy the database; return the exit status."""
    named, destination = database_named(options), str(options["destination"])
    try:
        count = copy(named, destination, progress=progress_bar("copying"))
    except DatabaseRefused as error:
        raise CommandFailed(str(error)) from error
    except KeyboardInterrupt:
        raise CommandFailed("the copy was interrupted, and nothing of it is left") from None
    if options["json"]:
        print_json({"destination": destination, "events": count})
        return 0
    print(f"{count:,} events copied. Verify the copy, serve it, and do not serve what it was made of any more.")
    return 0
