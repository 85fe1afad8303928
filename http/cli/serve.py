"""`seatkeeper serve`."""

from __future__ import annotations

import argparse
import errno
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec
import uvloop

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.http import settings
from seatkeeper.http.access.root_key import RootKeyRefused
from seatkeeper.http.access.start import StartRefused, no_key
from seatkeeper.http.app import App, c_parser_missing
from seatkeeper.http.cli.console import fail
from seatkeeper.http.observability import logs
from seatkeeper.http.server.validation import explain
from seatkeeper.storage.engines import is_address
from seatkeeper.storage.errors import DatabaseRefused


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = settings.Settings.__doc__
    settings.add_options(parser)
    parser.set_defaults(run=serve_command)


def serve_command(options: Mapping[str, object]) -> int:
    """Serve until the end; return the exit status."""
    try:
        chosen = settings.read(options, os.environ)
    except msgspec.ValidationError as error:
        steps, detail = explain(error, settings.Settings)
        option = "--" + "".join(steps).replace("_", "-")
        return fail(f"{option} is required" if detail == "Required" else f"{option}: {detail}", 2)
    return serve(chosen)


def serve(chosen: settings.Settings) -> int:
    """Serve until the end; return 0 after a graceful stop, 1 after a failure."""
    if not is_address(chosen.database):
        misplaced = _misplaced(chosen.path)
        if misplaced is not None:
            return fail(misplaced, 1)
        if not (chosen.path.exists() or chosen.root_key_file or settings.is_loopback(chosen.host)):
            return fail(no_key(chosen.host, chosen.database), 1)  # and make no file
    logs.set_up()
    if c_parser_missing():
        return fail("aiohttp runs without its C parser: install it from a wheel", 1)
    try:
        uvloop.run(_serve(chosen))
    except (DatabaseRefused, StartRefused, RootKeyRefused, NotStored, OSError) as error:
        fail(_failure(error, chosen), 1)
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
