"""The tables in bench/README.md, between their markers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).parent.parent
README: Final = HOME / "README.md"
PICTURES: Final = HOME / "pictures"


def write(run: str, report: str) -> None:
    """Put the report of a run in the place of the last one."""
    README.write_text(replaced(README.read_text("utf-8"), run, report), "utf-8")


def replaced(text: str, run: str, report: str) -> str:
    """Replace what stands between the markers of a run; ValueError when they are not there."""
    begins, ends = f"<!-- {run} begins -->", f"<!-- {run} ends -->"
    new, count = re.subn(
        f"{begins}.*{ends}", lambda _: f"{begins}\n\n{report}\n\n{ends}", text, count=1, flags=re.DOTALL
    )
    if not count:
        raise ValueError(f"bench/README.md has no {begins} and {ends}")
    return new
