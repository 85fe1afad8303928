"""The command line."""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
from importlib.metadata import version

import msgspec
import uvloop

from seatkeeper.actors.journal import NotStored
from seatkeeper.http import logs, settings
from seatkeeper.http.app import App, c_parser_missing
from seatkeeper.storage.database import DatabaseRefused


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, 1 when the service could not run, or 2 when it was called wrongly."""
    parser = argparse.ArgumentParser(
        prog="seatkeeper", description="Signs customers up to plans and keeps their seats."
    )
    parser.add_argument("--version", action="version", version=version("seatkeeper"))
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser("serve", help="start the service", description=settings.Settings.__doc__)
    settings.add_options(serve_parser)
    options = vars(parser.parse_args(arguments))
    try:
        chosen = settings.read(options, os.environ)
    except msgspec.ValidationError as error:
        return _complain(_by_option(str(error)), 2)
    return serve(chosen)


def serve(chosen: settings.Settings) -> int:
    """Serve until the end; return 0 after a graceful stop, 1 after a failure."""
    logs.set_up()
    if c_parser_missing():
        return _complain("aiohttp runs without its C parser: install it from a wheel", 1)
    try:
        uvloop.run(_serve(chosen))
    except (DatabaseRefused, NotStored, OSError) as error:
        _complain(str(error) or repr(error), 1)
        if threading.active_count() > 1:  # a thread that hangs in the storage would hold the process for ever
            os._exit(1)
        return 1
    return 0


async def _serve(chosen: settings.Settings) -> None:
    await App(chosen).run(lambda address: print(f"listening on {address}", flush=True))


def _by_option(sentence: str) -> str:
    """Say of an option what msgspec says of a field."""
    missing = re.sub(r"Object missing required field `(\w+)`", r"--\1 is required", sentence)
    placed = re.sub(r"(.*) - at `\$\.(\w+)`", r"--\2: \1", missing)
    return re.sub(r"--\w+", lambda option: option[0].replace("_", "-"), placed)


def _complain(sentence: str, status: int) -> int:
    print(f"seatkeeper: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
