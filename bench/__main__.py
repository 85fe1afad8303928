"""Run every measure once and print the table: `python -m bench`, or `make bench`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from bench import machine, memory, restarts, throughput
from bench.failure import BenchFailure
from bench.results import Results
from bench.setting import Amounts, Setting
from bench.table import table
from bench.timeline import Timeline


def main() -> int:
    """Measure, print, and leave nothing behind; 0 unless something failed. A missed mark is a result, not a failure."""
    options = command_line().parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    timeline = Timeline()
    try:
        with tempfile.TemporaryDirectory(prefix="seatkeeper-bench-", dir=options.directory) as directory:
            results = measure(Setting(amounts(options), machine.two_cores(), Path(directory), timeline))
    except BenchFailure as failure:
        timeline.end()
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    timeline.end()
    print(table(results))
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    return 0


def measure(setting: Setting) -> Results:
    """Take one measure after the other, so that none disturbs another."""
    full = setting.directory / "full.db"
    described = machine.describe(setting.directory)
    rounds = throughput.measure(setting)
    filled = memory.measure(setting, full)
    restarted = restarts.measure(setting, full, filled.sampled)
    return Results(described, setting.cores, setting.amounts, rounds, filled, restarted, setting.timeline.seconds)


def amounts(options: argparse.Namespace) -> Amounts:
    """Take the amounts from the command line."""
    return msgspec.convert({name: getattr(options, name) for name in Amounts.__struct_fields__}, Amounts)


def command_line() -> argparse.ArgumentParser:
    """Describe the options; every amount has one."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to this file")
    parser.add_argument("--directory", type=Path, help="where the databases are made; its disk is what is measured")
    for field in msgspec.structs.fields(Amounts):
        option = "--" + field.name.replace("_", "-")
        parser.add_argument(option, type=type(field.default), default=field.default, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
