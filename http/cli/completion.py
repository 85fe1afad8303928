"""`seatkeeper completion`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

SHELLS = ("bash", "zsh")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "Have the shell read it:\n\n"
        '  bash   eval "$(seatkeeper completion bash)"      in ~/.bashrc\n'
        "  zsh    seatkeeper completion zsh > _seatkeeper   in a folder of $fpath"
    )
    parser.add_argument("shell", choices=SHELLS, help="for which shell")
    parser.set_defaults(run=completion_command)


def completion_command(options: Mapping[str, object]) -> int:
    """Print the script; return the exit status."""
    import shtab  # noqa: PLC0415 - no other command needs it

    from seatkeeper.http.cli.main import parser  # noqa: PLC0415 - which finds this module

    print(shtab.complete(parser(), str(options["shell"])))
    return 0
