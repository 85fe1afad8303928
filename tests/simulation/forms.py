"""The two forms of a run: one process on a file of its own, and several shards on one server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.simulation.run import Result, run
from tests.simulation.shards.run import drawn, run_shards
from tests.simulation.world import Script


class Form(NamedTuple):
    """How a seed becomes a script, and how that is run."""

    name: str
    drawn: Callable[[int], Script]
    run: Callable[[Script], Result]

    def command(self, seed: int) -> str:
        """Write the command that runs a seed."""
        return f"python -m tests.simulation --form {self.name} --first {seed} --seeds 1"


PROCESS = Form("process", Script.drawn, run)
SHARDS = Form("shards", drawn, run_shards)
FORMS: Mapping[str, Form] = {form.name: form for form in (PROCESS, SHARDS)}
