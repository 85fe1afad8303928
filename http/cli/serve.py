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
from seatkeeper.http.access.start import StartRefused
from seatkeeper.http.app import App, c_parser_missing
from seatkeeper.http.cli.statuses import CommandFailed, ExitStatus, called_wrongly
from seatkeeper.http.cli.terminal import tell, tell_address
from seatkeeper.http.observability import logs
from seatkeeper.http.observability.traces import TracesRefused
from seatkeeper.http.server.validation import explain
from seatkeeper.storage.engines import is_address
from seatkeeper.storage.errors import DatabaseRefused


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = "Each option can stand in the environment as SEATKEEPER_<NAME>; the command line wins."
    settings.add_options(parser)
    parser.set_defaults(run=serve_command)


def serve_command(options: Mapping[str, object]) -> int:
    """Serve until the end; return the exit status."""
    try:
        chosen = settings.read(options, os.environ)
    except msgspec.ValidationError as error:
        steps, detail = explain(error, settings.Settings)
        option = "--" + "".join(steps).replace("_", "-")
        raise called_wrongly(f"{option} is required" if detail == "Required" else f"{option}: {detail}") from error
    return serve(chosen)


def serve(chosen: settings.Settings) -> int:
    """Serve until the end; return 0 after a graceful stop, 1 after a failure."""
    if not is_address(chosen.database):
        misplaced = _misplaced(chosen.path)
        if misplaced is not None:
            raise CommandFailed(misplaced)
    logs.set_up(chosen.log_level, chosen.log_format)
    if c_parser_missing():
        raise CommandFailed("aiohttp runs without its C parser: install it from a wheel")
    try:
        uvloop.run(_serve(chosen))
    except (DatabaseRefused, StartRefused, RootKeyRefused, TracesRefused, NotStored, OSError) as error:
        tell(_failure(error, chosen))
        if threading.active_count() > 1:  # a thread that hangs in the storage would hold the process for ever
            os._exit(ExitStatus.FAILED)
        return ExitStatus.FAILED
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
    await App(chosen).run(tell_address)
