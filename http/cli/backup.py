"""`seatkeeper backup`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from seatkeeper.http.cli.console import NICE, add_database, database_named, fail, progress_bar
from seatkeeper.storage.engines import is_address
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file.backup import backup


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = "Copy the database as it is at this moment, also while the service runs."
    parser.add_argument("destination", metavar="DEST", help="the copy, a file that is not there yet")
    add_database(parser)
    parser.set_defaults(run=backup_command)


def backup_command(options: Mapping[str, object]) -> int:
    """Copy the database; return the exit status."""
    named = database_named(options)
    if named is None:
        return fail("--database is required", 2)
    if is_address(named):
        return fail("a PostgreSQL database is backed up by its own means: pg_dump --format=custom, or its archive", 1)
    database, destination = Path(named), Path(str(options["destination"]))
    if not destination.parent.is_dir():
        return fail(f"the folder {destination.parent} is not there", 1)
    os.nice(NICE)
    try:
        size = backup(database, destination, progress=progress_bar("copying"))
    except DatabaseRefused as error:
        return fail(str(error), 1)
    print(f"{destination}: {size:,} bytes")
    print(
        "It is whole as it is, and has no -wal file. Restored in the place of a database, it must not get that one's:"
    )
    print("move the -wal and -shm files of before away.")
    return 0
