"""How each peer is installed and started."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).resolve().parent
BUILD: Final = HERE.parent.parent / "build" / "peers"
PIP: Final = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes", "--no-deps")
NPM: Final = ("npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")


class Recipe(NamedTuple):
    """A peer: the programs that it needs, the commands that install it in its folder, and the one that starts it.

    `locked` is the file with every package, its version and its hash; `made` is the folder of the installed packages.
    """

    name: str
    folder: Path
    locked: str
    made: Path
    programs: tuple[str, ...]
    install: tuple[tuple[str, ...], ...]
    start: tuple[str, ...]

    @property
    def stamp(self) -> Path:
        """Give the path of a copy of the locked file, which is written when the installation is complete."""
        return self.made / ".installed"

    def lacking(self) -> list[str]:
        """Name the programs that this machine does not have."""
        return [program for program in self.programs if shutil.which(program) is None]

    def is_installed(self) -> bool:
        """Whether the locked packages are installed."""
        locked = (self.folder / self.locked).read_bytes()
        return self.stamp.is_file() and self.stamp.read_bytes() == locked


def on_python(folder: str) -> Recipe:
    """Give a package of this folder's name, in a virtual environment of its own."""
    name = folder.replace("_", "-")
    made = BUILD / name
    python = str(made / "bin" / "python")
    return Recipe(
        name=name,
        folder=HERE / folder,
        locked="requirements.txt",
        made=made,
        programs=(),
        install=(
            (sys.executable, "-m", "venv", "--clear", str(made)),
            (python, *PIP, "--requirement", "requirements.txt"),
        ),
        start=(python, "-m", f"bench.peers.{folder}"),
    )


def on_node(folder: str) -> Recipe:
    """Give a package for Node."""
    return Recipe(
        name=folder.replace("_", "-"),
        folder=HERE / folder,
        locked="package-lock.json",
        made=HERE / folder / "node_modules",
        programs=("node", "npm"),
        install=(NPM,),
        start=("node", str(HERE / folder / "server.js")),
    )


RECIPES: Final = (
    on_python("fastapi_sqlalchemy"),
    on_python("threading_actor"),
    on_node("fastify_better_sqlite3"),
)
