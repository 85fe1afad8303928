"""Measure, print the tables, and write the figures and the pictures: `make bench` and `make bench-long`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from bench import machine
from bench.failure import BenchFailure
from bench.plan import LONG, SHORT, Measure, against, on_cluster, on_postgresql, take_all
from bench.report import readme
from bench.report.cluster import scaling
from bench.report.table import report
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.timeline import Timeline

BUILD: Final = Path("build")


class Run(NamedTuple):
    """A kind of run: its name, its measures, the seconds after which it takes no more of them, and its own amounts."""

    name: str
    measures: tuple[Measure, ...]
    limit: float
    amounts: Mapping[str, float]


USUAL: Final = Run("bench", SHORT, 570.0, {})
"""It ends within ten minutes, with what the tables and pictures take."""

LONGER: Final = Run("bench-long", LONG, 4 * 3600.0, {"steady": 600.0, "held": 60.0})


def run_of(options: argparse.Namespace) -> Run:
    """Choose the kind of run."""
    if options.against:
        return Run("bench-against", against(options.against), 4 * 3600.0, {"rounds": 16, "seconds": 2.0})
    if options.postgresql:
        return Run("bench-postgresql", on_postgresql(options.postgresql), 4 * 3600.0, {"rounds": 8, "seconds": 2.0})
    if options.cluster:
        return Run("bench-cluster", on_cluster(options.cluster), 4 * 3600.0, {"rounds": 8, "seconds": 2.0})
    return LONGER if options.long else USUAL


def main() -> int:
    """Measure and print; 0 unless something failed. A missed mark is a result, not a failure."""
    parser = command_line()
    options = parser.parse_args()
    if (options.against or options.postgresql) and options.write:
        parser.error("--write is for the other runs: bench/README.md has no table of another commit or engine")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    run = run_of(options)
    json = BUILD / f"{run.name}.json"
    try:
        if not options.again:
            results = measure(options, run)
            BUILD.mkdir(exist_ok=True)
            json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
        results = msgspec.json.decode(json.read_bytes(), type=Results)
    except BenchFailure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report(results))
    from bench.report.pictures import draw  # noqa: PLC0415 - matplotlib, which a measuring process does without

    pictures = draw(results, readme.PICTURES if options.write else BUILD, run.name)
    if options.cluster and options.write:
        readme.write(run.name, scaling(results), pictures, readme.SCALING)
    elif options.write:
        readme.write(run.name, report(results), pictures)
    return 0


def measure(options: argparse.Namespace, run: Run) -> Results:
    """Take the measures of a run."""
    chosen = amounts(options, run)
    timeline = Timeline(sum(measure.expected(chosen) for measure in run.measures))
    try:
        with tempfile.TemporaryDirectory(prefix="seatkeeper-bench-", dir=options.directory) as directory:
            cores = machine.two_cores()
            os.sched_setaffinity(0, {cores.load})
            setting = Setting(chosen, cores, Path(directory), timeline)
            results = Results(machine.describe(setting.directory), cores, chosen)
            take_all(run.measures, setting, results, run.limit)
    finally:
        timeline.end()
    results.seconds = timeline.seconds
    return results


def amounts(options: argparse.Namespace, run: Run) -> Amounts:
    """Take the amounts from the command line, and those of the kind of run where the command line has none."""
    given = {name: getattr(options, name) for name in Amounts.__struct_fields__}
    chosen = {**run.amounts, **{name: value for name, value in given.items() if value is not None}}
    try:
        return msgspec.convert(chosen, Amounts)
    except msgspec.ValidationError as error:
        raise BenchFailure(str(error)) from error


def command_line() -> argparse.ArgumentParser:
    """Describe the options; every amount has one."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--long", action="store_true", help="ten minutes at one rate, and files of 1 and 10 million")
    kind.add_argument(
        "--against", type=Path, metavar="DIR", help="only beside another commit: a checkout with its own `make install`"
    )
    kind.add_argument(
        "--postgresql",
        metavar="URL",
        help="only PostgreSQL beside a file: an empty database, as `make postgresql` gives",
    )
    kind.add_argument(
        "--cluster",
        metavar="URL",
        help="only a cluster beside one process, and its writers: an empty database, and `make cluster-tools`",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the tables and the pictures into bench/README.md, those of a cluster into docs/scaling.md",
    )
    parser.add_argument("--again", action="store_true", help="measure nothing: show the figures of the last run")
    parser.add_argument(
        "--directory", type=Path, help="where the databases are made, on the disk that is to be measured"
    )
    for field in msgspec.structs.fields(Amounts):
        option = "--" + field.name.replace("_", "-")
        parser.add_argument(option, type=type(field.default), help=f"default: {field.default}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
