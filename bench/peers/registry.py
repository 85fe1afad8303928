"""The peers as the measures take them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from bench.failure import BenchFailure
from bench.measures.peers import Peer
from bench.peers.recipes import RECIPES, Recipe

COUNTS: Final = """
    SELECT (SELECT count(*) FROM accounts), (SELECT count(DISTINCT account_name) FROM accounts),
           (SELECT count(*) FROM members JOIN accounts USING (account_id)),
           (SELECT count(*) FROM events JOIN accounts USING (account_id) WHERE type = 'account.opened')
"""


def peers() -> tuple[Peer, ...]:
    """Give all of them; those that cannot run here have a note that says why."""
    return tuple(Peer(recipe.name, partial(command, recipe), {}, count, note(recipe)) for recipe in RECIPES)


def command(recipe: Recipe, database: Path) -> list[str]:
    """Give the command line that serves on this file."""
    return [*recipe.start, "--database", str(database)]


def note(recipe: Recipe) -> str:
    """Say why a peer cannot run here; nothing when it can."""
    if lacking := recipe.lacking():
        return f"there is no {' and no '.join(lacking)}"
    return (
        "" if recipe.is_installed() else "it is not installed, or not as it is locked now; `make bench-peers` does it"
    )


def count(database: Path) -> int:
    """Count the accounts in a peer's file, and insist that each has a name of its own, one member and one event."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        ((accounts, names, members, events),) = connection.execute(COUNTS)
    if not accounts == names == members == events:
        found = f"{accounts} accounts with {names} names, {members} members and {events} events"
        raise BenchFailure(f"{database.name} has {found}")
    return int(accounts)
