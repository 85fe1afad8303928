"""Figures in words, and rows as a Markdown table that is readable as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def milliseconds(value: float) -> str:
    """Write milliseconds with three figures or so."""
    return f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms"


def seconds(value: float) -> str:
    """Write seconds with three figures or so."""
    return milliseconds(value * 1000) if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    """Write bytes as millions of them."""
    return f"{size / 1e6:,.0f} MB"


def ratio(found: tuple[float, float, float]) -> str:
    """Write the median of some ratios, and the lowest and the highest."""
    return f"{found[0]:.2f} ({found[1]:.2f} to {found[2]:.2f})"


def rate(value: float) -> str:
    """Write how many a second."""
    return f"{value:,.0f}"


def grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out as a table with even columns."""
    lines = [headings, *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    written = [f"| {' | '.join(cells)} |" for cells in padded]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([written[0], rule, *written[1:]])
