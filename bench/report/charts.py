"""How the charts of all pictures look: small SVG files, with text as text, the same bytes for the same figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from matplotlib.axes import Axes

WIDTH: Final = 760 / 96
HEIGHT: Final = 300 / 96
"""Inches of one chart."""

DARK: Final = "#222222"
COLOURS: Final = ("#1b6ca8", "#c8553d", "#6a994e", "#7b5ea7")
TICKS: Final = StrMethodFormatter("{x:,.10g}")
STROKE: Final = 0.036
"""The length of a stroke, as a share of the height."""

STYLE: Final[dict[str, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": DARK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",  # whatever is behind the picture
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so that each machine lays out the same
    "font.size": 9,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "seatkeeper",
    "text.color": DARK,
    "xtick.color": DARK,
    "ytick.color": DARK,
}
"""Beside the defaults of matplotlib; what the machine has set does not count."""

UNDATED: Final = {"Creator": None, "Date": None}


def style() -> AbstractContextManager[None]:
    """Draw and save in this style."""
    return matplotlib.style.context(["default", STYLE])


def charts(count: int = 1) -> tuple[Figure, list[Axes]]:
    """Begin a picture with so many charts below each other."""
    figure = Figure((WIDTH, HEIGHT * count), layout="constrained")
    return figure, list(figure.subplots(count, 1, squeeze=False)[:, 0])


def line(axes: Axes, name: str, points: Sequence[tuple[float, float]]) -> None:
    """Draw a line through points from left to right."""
    across, up = zip(*points, strict=True) if points else ((), ())
    axes.plot(across, up, label=name, color=next_colour(axes))


def strokes(axes: Axes, name: str, at: Sequence[float]) -> None:
    """Draw short strokes at the lower axis, in a row above those that are there, and name their number."""
    low = 1.25 * STROKE * sum(other.get_gid() is not None for other in axes.get_lines())
    across = [value for position in at for value in (position, position, math.nan)]  # one path for all of them
    up = [low, low + STROKE, math.nan] * len(at)
    label, colour = f"{name}: {len(at):,}", next_colour(axes)
    axes.plot(across, up, label=label, color=colour, linewidth=0.5, gid=name, transform=axes.get_xaxis_transform())


def next_colour(axes: Axes) -> str:
    """Give each line of a chart a colour of its own."""
    return COLOURS[len(axes.get_lines())]


def logarithmic(axes: Axes, least: float, most: float) -> None:
    """Scale the left axis by powers of ten, from `least` or lower to `most` or higher."""
    values = [value for value in heights(axes) if value > 0]
    axes.set_yscale("log")
    axes.set_ylim(min([least, *values]), max([most, *values]))
    axes.yaxis.set_minor_formatter(NullFormatter())


def from_zero(axes: Axes) -> None:
    """Scale the left axis from 0 to a little above the highest value."""
    axes.set_ylim(0.0, 1.1 * max(heights(axes)))


def heights(axes: Axes) -> list[float]:
    """Give the values of all lines, without strokes."""
    values = (np.asarray(drawn.get_ydata(), float) for drawn in axes.get_lines() if drawn.get_gid() is None)
    return [value for line in values for value in line.tolist()]


def finish(axes: Axes, title: str, across: str, up: str, most: float) -> None:
    """Write the title and the names of both axes; the lower one goes from 0 to `most`."""
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_xlim(0.0, most)
    axes.xaxis.set_major_formatter(TICKS)
    axes.yaxis.set_major_formatter(TICKS)
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    for shown in legend.get_lines():
        shown.set_linewidth(1.5)


def save(figure: Figure, path: Path) -> None:
    """Write a picture, without the time and the version of matplotlib."""
    figure.savefig(path, format="svg", metadata=UNDATED)
