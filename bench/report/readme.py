"""The tables in bench/README.md and docs/scaling.md, between their markers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME: Final = Path(__file__).parent.parent
README: Final = HOME / "README.md"
SCALING: Final = HOME.parent / "docs" / "scaling.md"
PICTURES: Final = HOME / "pictures"


def write(run: str, report: str, pictures: Sequence[str], document: Path = README) -> None:
    """Replace the last report of this run, with pictures from the folder of pictures."""
    document.write_text(replaced(document.read_text("utf-8"), run, with_pictures(report, pictures)), "utf-8")


def with_pictures(report: str, pictures: Sequence[str]) -> str:
    """Show pictures below a report."""
    shown = [f"![{Path(name).stem}]({PICTURES.name}/{name})" for name in pictures]
    return "\n\n".join([report, *shown])


def replaced(text: str, run: str, report: str) -> str:
    """Replace the text between the markers of a run; ValueError when there are no markers."""
    begins, ends = f"<!-- {run} begins -->", f"<!-- {run} ends -->"
    new, count = re.subn(
        f"{begins}.*{ends}", lambda _: f"{begins}\n\n{report}\n\n{ends}", text, count=1, flags=re.DOTALL
    )
    if not count:
        raise ValueError(f"the document has no {begins} and {ends}")
    return new
