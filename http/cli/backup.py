"""`seatkeeper backup`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from seatkeeper.http.cli.statuses import CommandFailed
from seatkeeper.http.cli.terminal import (
    NICE,
    add_database,
    add_json,
    completes_files,
    database_named,
    print_json,
    progress_bar,
)
from seatkeeper.storage.engines import is_address
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file.backup import backup


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = "The copy has its name once all of it is on the disk. It does not overwrite a file."
    completes_files(parser.add_argument("destination", metavar="DEST", help="the copy, a file that is not there yet"))
    add_database(parser)
    add_json(parser)
    parser.set_defaults(run=backup_command)


def backup_command(options: Mapping[str, object]) -> int:
    """Copy the database; return the exit status."""
    named = database_named(options)
    if is_address(named):
        message = "a PostgreSQL database is backed up by its own means: pg_dump --format=custom, or its archive"
        raise CommandFailed(message)
    database, destination = Path(named), Path(str(options["destination"]))
    if not destination.parent.is_dir():
        raise CommandFailed(f"the folder {destination.parent} is not there")
    os.nice(NICE)
    try:
        size = backup(database, destination, progress=progress_bar("copying"))
    except DatabaseRefused as error:
        raise CommandFailed(str(error)) from error
    if options["json"]:
        print_json({"destination": str(destination), "bytes": size})
        return 0
    print(f"{destination}: {size:,} bytes")
    print(
        "It is whole as it is, and has no -wal file. Restored in the place of a database, it must not get that one's:"
    )
    print("move the -wal and -shm files of before away.")
    return 0
