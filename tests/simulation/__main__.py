"""`python -m tests.simulation`: run seeds and report the results."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.forms import FORMS, Form
from tests.simulation.report import report_of
from tests.simulation.shrink import shortest


def main() -> int:
    """Run the seeds of the options; the exit status is 1 when an invariant was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds to run (default: 100)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--form", choices=[*FORMS, "both"], default="both", help="(default: both)")
    parser.add_argument("--log", action="store_true", help="print the log of each run")
    parser.add_argument("--shrink", type=float, default=20.0, help="seconds to shorten a failure (default: 20)")
    options = parser.parse_args()
    forms = list(FORMS) if options.form == "both" else [options.form]
    return max(_run(name, FORMS[name], options) for name in forms)


def _run(name: str, form: Form, options: argparse.Namespace) -> int:
    tally: Counter[str] = Counter()
    started = time.monotonic()
    for seed in range(options.first, options.first + options.seeds):
        script = form.drawn(seed)
        result = form.run(script)
        tally += result.tally
        tally["seeds"] += 1
        if options.log:
            print("\n".join(result.log))
        if result.broken is not None:
            print(f"seed {seed}: {result.broken}", flush=True)
            shorter = shortest(script, result.broken, options.shrink, form.run)
            print("\n".join(shorter.log))
            print(f"seed {seed}: {shorter.broken}")
            print(f"it was found after {tally['seeds']} seeds: {form.command(seed)}")
            return 1
    if not options.log:
        print(f"{name}:\n{report_of(tally, time.monotonic() - started)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
