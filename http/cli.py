"""The command line."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import threading
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec
import uvloop

from seatkeeper.actors.journal import NotStored, StreamDamaged
from seatkeeper.http import logs, settings
from seatkeeper.http.app import App, c_parser_missing
from seatkeeper.http.details import explained
from seatkeeper.storage.backup import backup
from seatkeeper.storage.database import DatabaseRefused
from seatkeeper.storage.rebuild import rebuild
from seatkeeper.storage.verify import MOST_LINES, Tally, verify

POLITE = 10
"""What verify and backup add to their niceness: a service on the same machine goes first."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 when it failed, or 2 when it was called wrongly."""
    options = vars(_parser().parse_args(arguments))
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
    serving.set_defaults(run=_serve_command)
    verifying = commands.add_parser(
        "verify",
        help="compare all that is stored with a replay of the journal",
        description="Replay the whole journal and compare snapshots, views, balances and receipts with it. The service"
        " may run meanwhile. The exit status is 0 only if everything agrees, 1 if something does not, 2 if the file"
        " cannot be read.",
    )
    verifying.add_argument("--rebuild", action="store_true", help="write the views anew first; no service may run")
    verifying.set_defaults(run=_verify_command)
    saving = commands.add_parser(
        "backup",
        help="make a consistent copy, also while the service runs",
        description="Copy the database as it is at this moment, also while the service runs.",
    )
    saving.add_argument("destination", metavar="DEST", help="the copy, a file that is not there yet")
    saving.set_defaults(run=_backup_command)
    for one in (verifying, saving):
        one.add_argument("--database", metavar="FILE", help="the SQLite file (or SEATKEEPER_DATABASE)")
    return parser


def _serve_command(options: Mapping[str, object]) -> int:
    try:
        chosen = settings.read(options, os.environ)
    except msgspec.ValidationError as error:
        steps, detail = explained(error, settings.Settings)
        option = "--" + "".join(steps).replace("_", "-")
        return _complain(f"{option} is required" if detail == "Required" else f"{option}: {detail}", 2)
    return serve(chosen)


def serve(chosen: settings.Settings) -> int:
    """Serve until the end; return 0 after a graceful stop, 1 after a failure."""
    misplaced = _misplaced(chosen.path)
    if misplaced is not None:
        return _complain(misplaced, 1)
    logs.set_up()
    if c_parser_missing():
        return _complain("aiohttp runs without its C parser: install it from a wheel", 1)
    try:
        uvloop.run(_serve(chosen))
    except (DatabaseRefused, NotStored, OSError) as error:
        _complain(_failure(error, chosen), 1)
        if threading.active_count() > 1:  # a thread that hangs in the storage would hold the process for ever
            os._exit(1)
        return 1
    return 0


def _misplaced(path: Path) -> str | None:
    """Say why no file can be at this path, None if one can."""
    if not path.parent.is_dir():
        return f"the folder {path.parent} is not there"
    return f"{path} is a folder" if path.is_dir() else None


def _failure(error: Exception, chosen: settings.Settings) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {chosen.port} of {chosen.host} is in use; --port takes another one, 0 any that is free"
    if isinstance(error, PermissionError) and chosen.port and not error.filename:
        return f"port {chosen.port} may not be listened on: {error.strerror}"
    return str(error) or repr(error)


async def _serve(chosen: settings.Settings) -> None:
    await App(chosen).run(lambda address: print(f"listening on {address}", flush=True))


def _verify_command(options: Mapping[str, object]) -> int:
    database = _database(options)
    if database is None:
        return _complain("--database is required", 2)
    os.nice(POLITE)
    try:
        if options["rebuild"]:
            rebuild(database, progress=_bar("rebuilding"))
        tally = verify(database, tell=print, progress=_bar("verifying"), look=_bar("looking"))
    except StreamDamaged as error:
        return _complain(f"the views are as they were: {error}", 1)
    except DatabaseRefused as error:
        return _complain(str(error), 2)
    print(_summary(tally))
    return 1 if tally.findings else 0


def _summary(tally: Tally) -> str:
    kinds = ("accounts", "plans", "members", "events", "snapshots", "receipts")
    checked = ", ".join(f"{getattr(tally, kind):,} {kind}" for kind in kinds)
    if not tally.findings:
        verdict = "everything agrees"
    else:
        noun = "finding" if tally.findings == 1 else "findings"
        verdict = f"{tally.findings:,} {noun}" + (f", {MOST_LINES} shown" if tally.findings > MOST_LINES else "")
    return f"{checked} checked in {tally.seconds:.1f} s: {verdict}"


def _backup_command(options: Mapping[str, object]) -> int:
    database = _database(options)
    if database is None:
        return _complain("--database is required", 2)
    destination = Path(str(options["destination"]))
    if not destination.parent.is_dir():
        return _complain(f"the folder {destination.parent} is not there", 1)
    os.nice(POLITE)
    try:
        size = backup(database, destination, progress=_bar("copying"))
    except DatabaseRefused as error:
        return _complain(str(error), 1)
    print(f"{destination}: {size:,} bytes")
    return 0


def _database(options: Mapping[str, object]) -> Path | None:
    named = options["database"] or os.environ.get("SEATKEEPER_DATABASE")
    return Path(str(named)) if named else None


def _bar(doing: str) -> Callable[[int, int], None]:
    """Draw a bar on standard error while something goes on, if that is a terminal."""

    def draw(done: int, of: int) -> None:
        full = 40 * done // max(of, 1)
        end = "\n" if done >= of else ""
        print(f"\r{doing} [{'#' * full:40}] {done:,} of {of:,}", end=end, file=sys.stderr, flush=True)

    return draw if sys.stderr.isatty() else lambda _done, _of: None


def _complain(sentence: str, status: int) -> int:
    print(f"seatkeeper: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
