"""`seatkeeper copy`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from seatkeeper.http.cli.console import add_database, database_of, fail, progress_bar
from seatkeeper.storage.engines import copy
from seatkeeper.storage.errors import DatabaseRefused


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "Copy everything from a file into an empty PostgreSQL database, with all positions, to serve it there from then"
        " on. No service may run on either."
    )
    parser.add_argument("destination", metavar="DEST", help="the address of the database: postgresql://user@host/name")
    add_database(parser)
    parser.set_defaults(run=copy_command)


def copy_command(options: Mapping[str, object]) -> int:
    """Copy the file into the database; return the exit status."""
    database = database_of(options)
    if database is None:
        return fail("--database is required", 2)
    try:
        count = copy(database, str(options["destination"]), progress=progress_bar("copying"))
    except DatabaseRefused as error:
        return fail(str(error), 1)
    print(f"{count:,} events copied. Verify the copy, serve it, and do not serve {database} any more.")
    return 0
