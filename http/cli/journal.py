"""`seatkeeper journal`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from seatkeeper.http.cli.statuses import CommandFailed
from seatkeeper.http.cli.terminal import add_database, add_json, database_named, print_json
from seatkeeper.storage.engines import renew_journal
from seatkeeper.storage.errors import DatabaseRefused


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    parser.description = "So positions of two journals are never taken for each other."
    actions = parser.add_subparsers(dest="act", required=True, metavar="renew")
    renewing = actions.add_parser(
        "renew",
        help="give the journal a new id",
        description=(
            "Give the journal a new id, and keep the one of before with the last position that both share: for a"
            " database that was restored or copied by other means than backup and copy. No service may run on it."
        ),
    )
    add_database(renewing, "the SQLite file, or postgresql://user@host/name")
    add_json(renewing)
    renewing.set_defaults(run=renew_command)


def renew_command(options: Mapping[str, object]) -> int:
    """Give the journal a new id; return the exit status."""
    database = database_named(options)
    try:
        identity = renew_journal(database)
    except DatabaseRefused as error:
        raise CommandFailed(str(error)) from error
    if options["json"]:
        print_json({"journal_id": identity.journal_id, "earlier": dict(identity.earlier)})
        return 0
    print(f"the journal is {identity.journal_id} from here on")
    for journal_id, last in identity.earlier.items():
        print(f"it shares the positions up to {last:,} with {journal_id}")
    return 0
