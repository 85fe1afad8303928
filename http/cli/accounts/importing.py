"""`seatkeeper import`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

import uvloop

from seatkeeper.http.cli.accounts.failed import SUFFIX, FailedRows
from seatkeeper.http.cli.accounts.json_lines import JsonLines
from seatkeeper.http.cli.accounts.many import Format, Import, Imported
from seatkeeper.http.cli.accounts.plans import plans_of
from seatkeeper.http.cli.accounts.rows import CSV, FORMATS, JSON_LINES
from seatkeeper.http.cli.accounts.sending import Sender, session
from seatkeeper.http.cli.accounts.table import NOT_TEXT, Table
from seatkeeper.http.cli.statuses import CommandFailed, ExitStatus, called_wrongly
from seatkeeper.http.cli.terminal import add_json, completes_files, print_json, progress_bar

AT_ONCE, MOST_AT_ONCE = 256, 500
"""Accounts under way: the more there are, the more share a commit; 256 are imported in 0.83 of the time of 64."""

PATIENCE, MOST_PATIENCE = 60.0, 86_400.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "An import that was interrupted is run again in the same way: each account is there once. Rows that are refused"
        " are written to FILE.failed, with their problems; mend them there, and import that file. The exit status is 1"
        " then. docs/importing.md has the columns and fields."
    )
    completes_files(
        parser.add_argument("file", metavar="FILE", help="CSV, or JSON Lines with the accounts that export writes")
    )
    parser.add_argument("--url", required=True, help="the address of the service")
    completes_files(
        parser.add_argument(
            "--key-file",
            metavar="FILE",
            help="a file with an API key, if it is not in SEATKEEPER_KEY; it needs accounts:write and plans:read",
        )
    )
    parser.add_argument("--format", choices=[CSV, JSON_LINES], help="if the name of the file does not tell")
    parser.add_argument(
        "--at-once", type=int, default=AT_ONCE, metavar="N", help=f"accounts at a time (default: {AT_ONCE})"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help=f"how long to wait for a service that is away or busy (default: {PATIENCE:g})",
    )
    add_json(parser)
    parser.set_defaults(run=import_command)


def import_command(options: Mapping[str, object]) -> int:
    """Import the file; return the exit status."""
    path = Path(str(options["file"]))
    if not 1 <= int(str(options["at_once"])) <= MOST_AT_ONCE:
        raise called_wrongly(f"--at-once: Expected a number from 1 to {MOST_AT_ONCE}")
    if not 0 <= float(str(options["patience"])) <= MOST_PATIENCE:
        raise called_wrongly(f"--patience: Expected a number from 0 to {MOST_PATIENCE:g}")
    if not str(options["url"]).startswith(("http://", "https://")):
        raise called_wrongly("--url: Expected an address that begins with http:// or https://")
    try:
        reader = _format(path, options["format"])
        with FailedRows(path, reader) as failed:
            imported = uvloop.run(_run(options, reader, failed, count_lines(path)))
    except OSError as error:
        raise CommandFailed(str(error)) from error
    except KeyboardInterrupt:
        message = "interrupted: the same command goes on where this one was"
        raise CommandFailed(message, ExitStatus.INTERRUPTED) from None
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{path}: {NOT_TEXT}") from error
    _tell(imported, failed, as_json=bool(options["json"]))
    return ExitStatus.FAILED if failed.count else ExitStatus.DONE


async def _run(options: Mapping[str, object], reader: Format, failed: FailedRows, lines: int) -> Imported:
    at_once = int(str(options["at_once"]))
    async with session(_key(options), at_once) as requests:
        sender = Sender(requests, str(options["url"]), float(str(options["patience"])))
        importing = Import(sender, await plans_of(sender), reader, failed)
        return await importing.run(at_once, lines, progress_bar("importing lines"))


def _key(options: Mapping[str, object]) -> str:
    file = options["key_file"]
    if file is None:
        return os.environ.get("SEATKEEPER_KEY", "").strip()
    return Path(str(file)).read_text("utf-8", "replace").strip()


def _format(path: Path, chosen: object) -> Format:
    """Choose by the option, or by the name of the file that failed rows came from."""
    name = path.name
    while name.endswith(SUFFIX):
        name = name.removesuffix(SUFFIX)
    found = chosen or FORMATS.get(Path(name).suffix.lower())
    if found is None:
        raise called_wrongly(f"{path}: the name does not tell what it is: use --format csv or --format jsonl")
    return Table(path) if found == CSV else JsonLines(path)


def count_lines(path: Path) -> int:
    """Count the lines of a file, for the progress bar."""
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _tell(imported: Imported, failed: FailedRows, *, as_json: bool) -> None:
    if as_json:
        failed_file = str(failed.path) if failed.count else None
        print_json({**imported._asdict(), "failed": failed.count, "failed_file": failed_file})
        return
    accounts, members = _counted(imported.accounts, "account"), _counted(imported.members, "member")
    print(f"{accounts} with {members} in {imported.seconds:.1f} s")
    if imported.repeated:
        print(f"there from an import before: {imported.repeated:,}")
    if failed.count:
        rows = _counted(failed.count, "row")
        print(f"{rows} failed: see {failed.path} for the problems, mend them there, and import that")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
