"""What a run may do: the kinds that the service stores, and the steps of its clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.registry import KINDS
from tests.simulation.commands import COMMANDS
from tests.simulation.known import Known, Subject
from tests.simulation.sending import CommandType
from tests.simulation.steps import WEIGHTS, Step
from tests.simulation.subjects import subject


class Repertoire(NamedTuple):
    """Kinds, their commands by the names of steps, how often each step is drawn, and what each step is about."""

    kinds: Kinds = KINDS
    commands: Mapping[str, CommandType] = COMMANDS
    weights: Mapping[str, int] = WEIGHTS
    subject: Callable[[Step, Known], Subject | None] = subject


SERVICE = Repertoire()
"""The service as it is."""
