"""Measure, print the tables, and write the figures and the pictures: `make bench`, or `make bench-long`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from bench import machine
from bench.failure import BenchFailure
from bench.plan import LONG, SHORT, take_all
from bench.report import readme
from bench.report.pictures import draw
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.timeline import Timeline

BUILD: Final = Path("build")
LIMIT: Final = 570.0
"""Seconds after which `make bench` measures nothing more: it ends within ten minutes, and says what it left out."""

LONG_LIMIT: Final = 4 * 3600.0
LONG_STEADY: Final = 600.0


def main() -> int:
    """Measure, print, and leave nothing behind; 0 unless something failed. A missed mark is a result, not a failure."""
    options = command_line().parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    name = "bench-long" if options.long else "bench"
    json = BUILD / f"{name}.json"
    try:
        if not options.again:
            results = measure(options)
            BUILD.mkdir(exist_ok=True)
            json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
        results = msgspec.json.decode(json.read_bytes(), type=Results)
    except BenchFailure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report(results))
    pictures = draw(results, readme.PICTURES if options.write else BUILD, name)
    if options.write:
        readme.write(name, report(results), pictures)
    return 0


def measure(options: argparse.Namespace) -> Results:
    """Take the measures of a run."""
    chosen, measures = amounts(options), LONG if options.long else SHORT
    timeline = Timeline(sum(measure.expected(chosen) for measure in measures))
    try:
        with tempfile.TemporaryDirectory(prefix="seatkeeper-bench-", dir=options.directory) as directory:
            cores = machine.two_cores()
            os.sched_setaffinity(0, {cores.load})
            setting = Setting(chosen, cores, Path(directory), timeline)
            results = Results(machine.describe(setting.directory), cores, chosen)
            take_all(measures, setting, results, LONG_LIMIT if options.long else LIMIT)
    finally:
        timeline.end()
    results.seconds = timeline.seconds
    return results


def amounts(options: argparse.Namespace) -> Amounts:
    """Take the amounts from the command line; the long run's are longer where nothing is said."""
    given = {name: getattr(options, name) for name in Amounts.__struct_fields__}
    longer = {"steady": LONG_STEADY} if options.long else {}
    chosen = {**longer, **{name: value for name, value in given.items() if value is not None}}
    try:
        return msgspec.convert(chosen, Amounts)
    except msgspec.ValidationError as error:
        raise BenchFailure(str(error)) from error


def command_line() -> argparse.ArgumentParser:
    """Describe the options; every amount has one."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--long", action="store_true", help="ten minutes at one rate, and files of 1 and 10 million")
    parser.add_argument("--write", action="store_true", help="put the tables and the pictures into bench/README.md")
    parser.add_argument("--again", action="store_true", help="measure nothing: show the figures of the last run")
    parser.add_argument("--directory", type=Path, help="where the databases are made; its disk is what is measured")
    for field in msgspec.structs.fields(Amounts):
        option = "--" + field.name.replace("_", "-")
        parser.add_argument(option, type=type(field.default), help=f"default: {field.default}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
