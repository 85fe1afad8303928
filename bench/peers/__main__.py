"""Install the peers, each in its folder: `make bench-peers`. Peers that this machine cannot run are left out."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from bench.peers.recipes import RECIPES, Recipe

WITHIN: Final = 1200.0
"""Seconds for one command, which compiles SQLite where better-sqlite3 has no built package."""


def main() -> int:
    """Install all that are missing; 1 when one of them failed."""
    return max(install(recipe) for recipe in RECIPES)


def install(recipe: Recipe) -> int:
    """Install one, print the outcome, and give an exit code."""
    if lacking := recipe.lacking():
        print(f"{recipe.name}: left out, because there is no {' and no '.join(lacking)}")
        return 0
    if recipe.is_installed():
        print(f"{recipe.name}: is installed")
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
