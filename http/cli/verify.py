"""`seatkeeper verify`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

import msgspec

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.http.cli.statuses import CommandFailed, called_wrongly
from seatkeeper.http.cli.terminal import NICE, add_database, add_json, database_named, print_json, progress_bar
from seatkeeper.storage.engines import rebuild, verify
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.verify.verification import MOST_LINES, VerifyReport


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "Snapshots, views, balances and receipts are compared. The service may run meanwhile. The exit status is 0 only"
        " if everything agrees, 1 if something does not, 2 if the database cannot be read."
    )
    parser.add_argument("--rebuild", action="store_true", help="write the views anew first; no service may run")
    add_database(parser, "the SQLite file, or the address of a PostgreSQL database: postgresql://user@host/name")
    add_json(parser)
    parser.set_defaults(run=verify_command)


def verify_command(options: Mapping[str, object]) -> int:
    """Compare all that is stored with the journal; return the exit status."""
    database = database_named(options)
    findings: list[str] = []
    os.nice(NICE)
    try:
        if options["rebuild"]:
            rebuild(database, progress=progress_bar("rebuilding"))
        report = verify(
            database,
            on_finding=findings.append if options["json"] else print,
            on_pages=progress_bar("looking"),
            on_events=progress_bar("verifying"),
        )
    except StreamDamaged as error:
        raise CommandFailed(f"the views are as they were: {error}") from error
    except DatabaseRefused as error:
        raise called_wrongly(str(error)) from error
    if options["json"]:
        agrees = not report.findings
        print_json({"agrees": agrees, "first_findings": findings, **msgspec.structs.asdict(report)})
    else:
        print(_summary(report))
    return 1 if report.findings else 0


def _summary(report: VerifyReport) -> str:
    counts = {**report.rows, "events": report.events, "snapshots": report.snapshots, "receipts": report.receipts}
    checked = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    if not report.findings:
        result = "everything agrees"
    else:
        noun = "finding" if report.findings == 1 else "findings"
        result = f"{report.findings:,} {noun}" + (f", {MOST_LINES} shown" if report.findings > MOST_LINES else "")
    return f"{checked} checked in {report.seconds:.1f} s: {result}"
