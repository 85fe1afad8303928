"""Figures as text, and rows as a Markdown table with even columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BUSY: Final = 0.7
"""The load average from which on something else used the machine."""


def milliseconds(value: float) -> str:
    """Write milliseconds with about three figures."""
    return f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms"


def microseconds(value: float | None) -> str:
    """Write microseconds; nothing when they were not measured."""
    return "" if value is None else f"{value:,.0f} µs"


def seconds(value: float) -> str:
    """Write seconds with about three figures."""
    return milliseconds(value * 1000) if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    """Write bytes as megabytes."""
    return f"{size / 1e6:,.0f} MB"


def ratio(found: tuple[float, float, float]) -> str:
    """Write the median of some ratios, and the lowest and the highest."""
    return f"{found[0]:.2f} ({found[1]:.2f} to {found[2]:.2f})"


def rate(value: float) -> str:
    """Write a number without decimals."""
    return f"{value:,.0f}"


def grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out as a table with even columns."""
    lines = [headings, *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    written = [f"| {' | '.join(cells)} |" for cells in padded]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([written[0], rule, *written[1:]])
