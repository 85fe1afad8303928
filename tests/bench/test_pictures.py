"""The pictures: what they show, and what the files are like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
from matplotlib.axes import Axes

from bench.load.orders import Latency, Slice
from bench.measures.growth import Filled, Growth, Point
from bench.measures.pace import Held, Paced, Step
from bench.measures.restarts import Restarts
from bench.measures.stored import Stored
from bench.report import readme
from bench.report.charts import charts, finish, from_zero, line, logarithmic, strokes, style
from bench.report.pictures import draw, over_time
from bench.results import Results
from bench.setting import Amounts
from bench.watch import Watched
from tests.bench.examples import CORES, MACHINE, made, rounds

SPACE = "{http://www.w3.org/2000/svg}"
NAMES = ["bench-rates.svg", "bench-time.svg", "bench-accounts.svg", "bench-stored.svg"]
NO_TIME = Latency(1.0, 1.0, 1.0, 1.0, 1.0)
SLICES = [Slice(0.2, 9, 1.0, 2.0, 51.0), Slice(0.8, 9, 2.0, 3.0, 700.0)]
STEADY = msgspec.structs.replace(made(700.0), slices=SLICES, began=100.0)
PACED = Paced(
    rounds(bare=[4_000.0], seatkeeper=[1_000.0]),
    [Step(0.2, made(200.0))],
    [Held(0.7, STEADY, made(2_800.0), Watched([99.0, 100.5, 100.75], [100.25]))],
    9,
)
RESULTS = Results(
    MACHINE,
    CORES,
    Amounts(),
    paced=PACED,
    filled=Filled(Growth([Point(50, 900.0, 50_000_000), Point(100, 800.0, 60_000_000)], []), 1_000),
    stored=Stored(
        [1_000], rounds(**{"empty": [990.0], "1000": [980.0]}), Restarts(1_000, [1.0], [1.0], NO_TIME, NO_TIME)
    ),
)


def texts(path: Path) -> list[str]:
    root = ET.parse(path).getroot()  # noqa: S314 - we have just written it
    return [words.text or "" for words in root.iter(f"{SPACE}text")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    assert draw(RESULTS, made, "bench") == NAMES
    return made


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rates", {"rate (% of the closed loop's)", "latency (ms)", "p99.9", "p99", "p50", "bare: p99", "1", "100"}),
        ("time", {"time (s)", "latency (ms)", "longest", "p50", "checkpoints: 2", "collections: 1"}),
        ("accounts", {"accounts stored", "sign-ups a second", "memory (MB)", "resident", "Memory against accounts"}),
        ("stored", {"accounts stored before", "sign-ups a second", "closed loop", "1,000"}),
    ],
)
def test_a_picture_names_its_lines_and_its_axes_with_their_units_as_text(
    folder: Path, name: str, shown: set[str]
) -> None:
    assert shown <= set(texts(folder / f"bench-{name}.svg"))


def test_the_same_figures_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: yellow\nsvg.fonttype: path\n", "utf-8")
    again = "from tests.bench.test_pictures import *\ndraw(RESULTS, Path(sys.argv[1]), 'bench')"
    command = [sys.executable, "-W", "error", "-c", again, str(tmp_path)]
    environment = {"MPLCONFIGDIR": str(tmp_path), "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1"}
    subprocess.run(command, cwd=readme.HOME.parent, env=environment, check=True, timeout=60)
    for name in NAMES:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_picture_has_a_white_background_and_no_date(folder: Path) -> None:
    for name in NAMES:
        root = ET.parse(folder / name).getroot()  # noqa: S314 - we have just written it
        first = next(root.iter(f"{SPACE}path"))
        width, height = root.attrib["viewBox"].split()[2:]
        assert (first.attrib["style"], first.attrib["d"].split()[4:6]) == ("fill: #ffffff", [width, height])
        assert not [element.tag for element in root.iter() if element.tag.endswith(("}date", "}creator"))]


def test_every_wait_is_within_the_axis() -> None:
    (axes,) = over_time(PACED).axes
    assert axes.get_ylim() == (0.5, 700.0)
    assert axes.get_xlim() == (0.0, 1.0)


@pytest.fixture
def axes() -> Axes:
    return charts()[1][0]


def test_strokes_are_rows_above_each_other_and_do_not_count_as_waits(axes: Axes) -> None:
    line(axes, "p50", [(0.0, 1.0), (1.0, 2.0)])
    strokes(axes, "checkpoints", [0.25, 0.5])
    strokes(axes, "collections", [])
    strokes(axes, "restarts", [0.75])
    logarithmic(axes, 0.5, 100.0)
    rows = [np.asarray(drawn.get_ydata(), float)[:2].tolist() for drawn in axes.get_lines()[1:]]
    assert rows == [[0.0, 0.036], [], [0.09, pytest.approx(0.126)]]
    assert axes.get_ylim() == (0.5, 100.0)
    assert len({drawn.get_color() for drawn in axes.get_lines()}) == 4


def test_an_axis_from_zero_ends_above_the_highest_value(axes: Axes) -> None:
    line(axes, "sign-ups", [(1.0, 900.0), (2.0, 1_000.0)])
    from_zero(axes)
    assert list(axes.get_ylim()) == [0.0, pytest.approx(1_100.0)]


def test_large_numbers_have_commas_and_no_power_of_ten(axes: Axes) -> None:
    with style():
        line(axes, "sign-ups", [(0.0, 1.0), (1e7, 2_000_000.0)])
        from_zero(axes)
        finish(axes, "a & b", "accounts", "sign-ups a second", 1e7)
    assert "10,000,000" in [shown.get_text() for shown in axes.get_xticklabels()]
    assert "2,000,000" in [shown.get_text() for shown in axes.get_yticklabels()]


def test_a_measuring_process_does_without_matplotlib() -> None:
    script = "import sys, bench.__main__, bench.load.__main__, bench.bare\nassert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=readme.HOME.parent, check=True, timeout=60)
