"""Install the peers, each in its folder: `make bench-peers`. What this machine cannot run is named and left out."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from bench.peers.recipes import RECIPES, Recipe

WITHIN: Final = 1200.0
"""Seconds for one command: where there is no ready-made better-sqlite3, SQLite is compiled."""


def main() -> int:
    """Install all that is not there yet; 1 when one of them failed."""
    return max(install(recipe) for recipe in RECIPES)


def install(recipe: Recipe) -> int:
    """Install one, say what became of it, and give an exit code."""
    if lacking := recipe.lacking():
        print(f"{recipe.name}: left out, for there is no {' and no '.join(lacking)}")
        return 0
    if recipe.is_installed():
        print(f"{recipe.name}: is there")
        return 0
    print(f"{recipe.name}: installing {recipe.locked}", flush=True)
    for command in recipe.install:
        if subprocess.run(command, cwd=recipe.folder, timeout=WITHIN, check=False).returncode != 0:
            print(f"{recipe.name}: could not be installed", file=sys.stderr)
            return 1
    recipe.stamp.write_bytes((recipe.folder / recipe.locked).read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
