"""Charts as SVG: lines over two axes, strokes along the lower one, charts below each other."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH: Final = 760
HEIGHT: Final = 300
LEFT: Final = 70
RIGHT: Final = 150
TOP: Final = 34
BOTTOM: Final = 46
COLOURS: Final = ("#1b6ca8", "#c8553d", "#6a994e", "#7b5ea7")
TICKS: Final = 6


class Line(NamedTuple):
    """A name, and points from left to right."""

    name: str
    points: Sequence[tuple[float, float]]


class Rug(NamedTuple):
    """A name, and the positions of short strokes on the lower axis."""

    name: str
    at: Sequence[float]


class Axis(NamedTuple):
    """A scale from `low` to `high`, with its title."""

    title: str
    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Give the position of a value on the scale, from 0 to 1."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Give round values on this axis."""
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            return [10.0**power for power in range(first, last + 1)]
        step = round_step((self.high - self.low) / TICKS)
        return [number * step for number in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


class Chart(NamedTuple):
    """A title, two axes, and the lines between them."""

    title: str
    across: Axis
    up: Axis
    lines: Sequence[Line]
    rugs: Sequence[Rug] = ()


def round_step(rough: float) -> float:
    """Give the smallest of 1, 2, 5 times a power of ten that is not below this."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def drawn(charts: Sequence[Chart]) -> str:
    """Draw charts below each other."""
    height = HEIGHT * len(charts)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, chart in enumerate(charts):
        parts += [f'<g transform="translate(0 {number * HEIGHT})">', *chart_parts(chart), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def chart_parts(chart: Chart) -> Iterator[str]:
    """Draw one chart."""
    yield text(LEFT, 18, chart.title, 'font-size="14" font-weight="bold"')
    yield from grid_parts(chart)
    for number, line in enumerate(chart.lines):
        colour = COLOURS[number]
        path = " ".join(f"{across(chart, x):.1f},{up(chart, y):.1f}" for x, y in line.points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield from legend(number, line.name, colour)
    for number, rug in enumerate(chart.rugs):
        colour, low = COLOURS[len(chart.lines) + number], HEIGHT - BOTTOM - 9 * number
        strokes = "".join(f"M{across(chart, at):.1f} {low}v-8" for at in rug.at)
        yield f'<path d="{strokes}" stroke="{colour}" stroke-width="0.7"/>'
        yield from legend(len(chart.lines) + number, f"{rug.name}: {len(rug.at):,}", colour)


def grid_parts(chart: Chart) -> Iterator[str]:
    """Draw the axes with their ticks."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for tick in chart.up.ticks():
        y = up(chart, tick)
        yield f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#dddddd"/>'
        yield text(LEFT - 6, y + 4, f"{tick:,.10g}", 'text-anchor="end"')
    for tick in chart.across.ticks():
        x = across(chart, tick)
        yield f'<path d="M{x:.1f} {bottom}v4" stroke="#444444"/>'
        yield text(x, bottom + 18, f"{tick:,.10g}", 'text-anchor="middle"')
    yield f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#444444"/>'
    yield text((LEFT + right) / 2, HEIGHT - 8, chart.across.title, 'text-anchor="middle"')
    middle = (TOP + bottom) / 2
    yield text(14, middle, chart.up.title, f'text-anchor="middle" transform="rotate(-90 14 {middle})"')


def legend(number: int, name: str, colour: str) -> Iterator[str]:
    """Name a line at the right side."""
    left, y = WIDTH - RIGHT + 12, TOP + 12 + 18 * number
    yield f'<path d="M{left} {y - 4}h16" stroke="{colour}" stroke-width="2"/>'
    yield text(left + 22, y, name)


def text(x: float, y: float, content: str, style: str = "") -> str:
    """Write text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#222222" {style}>{escape(content)}</text>'


def across(chart: Chart, value: float) -> float:
    """Give the position of a value on the lower axis."""
    return LEFT + chart.across.share(value) * (WIDTH - LEFT - RIGHT)


def up(chart: Chart, value: float) -> float:
    """Give the position of a value on the left axis."""
    return HEIGHT - BOTTOM - chart.up.share(value) * (HEIGHT - TOP - BOTTOM)
