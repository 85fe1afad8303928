"""The command line. Only the module of the command that is named is imported: that of `serve` takes 0.3 s."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

from seatkeeper.http.cli.commands import COMMANDS, overview
from seatkeeper.http.cli.statuses import CommandFailed, ExitStatus
from seatkeeper.http.cli.terminal import print_json, tell

WIDTH = 79
"""Characters of a line of help."""

PRIVATE = 0o077
"""The umask: every file that is made holds names and addresses, and only its owner may read it."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    named = next((one for one in given if one in COMMANDS), None)
    options = vars(parser([] if named is None else [named]).parse_args(given))
    os.umask(PRIVATE)
    command: Callable[[Mapping[str, object]], int] = options.pop("run")
    try:
        status = command(options)
        sys.stdout.flush()
    except CommandFailed as error:
        tell(str(error))
        if options.get("json"):
            print_json(_failure(str(error), error.status))
        return error.status
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:  # who read the output has enough of it; what is left in the buffer goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.FAILED
    return status


class Parser(argparse.ArgumentParser):
    """A parser that tells a program in JSON that it was called wrongly."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and end the process."""
        if "--json" in sys.argv:
            print_json(_failure(message, ExitStatus.CALLED_WRONGLY))
        super().error(message)


class WholeParser(Parser):
    """The parser of all commands, whose help shows them in groups."""

    def format_help(self) -> str:
        """Return the page that shows the whole."""
        return overview()


def parser(wanted: Collection[str] = COMMANDS) -> argparse.ArgumentParser:
    """Make the parser, with the options of these commands."""
    whole = WholeParser(prog="seatkeeper", usage="seatkeeper COMMAND [OPTIONS]")
    whole.add_argument("--version", action="version", version=version("seatkeeper"))
    commands = whole.add_subparsers(dest="command", required=True, prog="seatkeeper", parser_class=Parser)
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.summary, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name in wanted:
            import_module(f"seatkeeper.http.cli.{command.module}").add_options(one)
            one.description = _description(command.summary, one.description or "")
    return whole


def _description(summary: str, more: str) -> str:
    """Begin with what the overview says of a command; paragraphs that are indented stay as they are."""
    paragraphs = [f"{summary[0].upper()}{summary[1:]}.", *filter(None, more.split("\n\n"))]
    return "\n\n".join(one if one.startswith(" ") else textwrap.fill(one, WIDTH) for one in paragraphs)


def _failure(sentence: str, status: ExitStatus) -> object:
    return {"error": sentence, "exit_status": int(status)}
