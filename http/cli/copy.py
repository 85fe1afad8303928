"""`seatkeeper copy`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from seatkeeper.http.cli.console import add_database, database_named, fail, progress_bar
from seatkeeper.storage.engines import copy, is_address
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
    named = database_named(options)
    if named is None:
        return fail("--database is required", 2)
    if is_address(named):
        return fail("--database is the file that is copied, and not an address", 1)
    database = Path(named)
    try:
        count = copy(database, str(options["destination"]), progress=progress_bar("copying"))
    except DatabaseRefused as error:
        return fail(str(error), 1)
    print(f"{count:,} events copied. Verify the copy, serve it, and do not serve {database} any more.")
    return 0
