"""Every command with its module, in the groups of `seatkeeper --help`, and that page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seatkeeper.http.cli.statuses import ExitStatus


class Command(NamedTuple):
    """The module beside this one whose `add_options` gives its parser its options, and one line about it."""

    module: str
    summary: str


GROUPS: Mapping[str, Mapping[str, Command]] = {
    "run the service": {
        "serve": Command("serve", "start the service"),
        "cluster": Command("cluster", "start the service on many processes, on a PostgreSQL database"),
        "keys": Command("keys.keys", "make, list, rotate and revoke API keys"),
    },
    "bring accounts in and out": {
        "import": Command("accounts.importing", "sign up the accounts of a file, with their members"),
        "export": Command("accounts.exporting", "write all accounts with their members into a file"),
    },
    "look after the database": {
        "verify": Command("verify", "compare all that is stored with a replay of the journal"),
        "backup": Command("backup", "make a consistent copy, also while the service runs"),
        "copy": Command("copy", "move to another database: from a file to PostgreSQL, or back"),
        "journal": Command("journal", "give the journal a new id"),
    },
    "set up the shell": {
        "completion": Command("completion", "print what completes commands and options in bash or zsh"),
    },
}

COMMANDS: Mapping[str, Command] = {name: command for group in GROUPS.values() for name, command in group.items()}

EXAMPLES = """\
  seatkeeper serve --database seatkeeper.db --starter-plans
  seatkeeper keys create --database seatkeeper.db --name backend --scope accounts:write
  seatkeeper import customers.csv --url http://127.0.0.1:8080
  seatkeeper backup --database seatkeeper.db copy.db
  seatkeeper verify --database copy.db
"""

MORE = """\
`seatkeeper COMMAND --help` tells of one command. --database can stand in the environment, as
SEATKEEPER_DATABASE. The documentation is in the folder docs/ of the source, of the command line in
docs/command-line.md. A running service describes its API at /docs, and has its console at /console.
"""


def overview() -> str:
    """Write the page that shows the whole."""
    statuses = "\n".join(f"  {status:<4} {status.meaning}" for status in ExitStatus)
    return (
        "usage: seatkeeper COMMAND [OPTIONS]\n\n"
        "Seatkeeper signs customers up to plans and keeps their seats.\n\n"
        + "\n".join(_groups())
        + f"\nexamples:\n{EXAMPLES}\nexit status:\n{statuses}\n\n{MORE}"
    )


def _groups() -> Iterator[str]:
    for title, commands in GROUPS.items():
        yield f"{title}:"
        yield from (f"  {name:<11} {command.summary}" for name, command in commands.items())
        yield ""
