"""The peers for the measures."""

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
    """Give all peers; the note of one that cannot run here is the reason."""
    return tuple(Peer(recipe.name, partial(command, recipe), {}, count, note(recipe)) for recipe in RECIPES)


def command(recipe: Recipe, database: Path) -> list[str]:
    """Give the command line that serves on this file."""
    return [*recipe.start, "--database", str(database)]


def note(recipe: Recipe) -> str:
    """Give the reason why a peer cannot run here, or an empty text."""
    if lacking := recipe.lacking():
        return f"there is no {' and no '.join(lacking)}"
    return "" if recipe.is_installed() else "the locked packages are not installed: run `make bench-peers`"


def count(database: Path) -> int:
    """Count the accounts in a peer's file; BenchFailure unless each has a name of its own, one member and one event."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        ((accounts, names, members, events),) = connection.execute(COUNTS)
    if not accounts == names == members == events:
        found = f"{accounts} accounts with {names} names, {members} members and {events} events"
        raise BenchFailure(f"{database.name} has {found}")
    return int(accounts)
