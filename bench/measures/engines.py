"""The service on PostgreSQL beside the same on a file and the bare service: what the other engine costs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import msgspec

from bench import servers
from bench.measures.commits import BARE, MEASURES
from bench.sides import Rounds
from bench.stored import verify

if TYPE_CHECKING:
    from bench.setting import Setting

FILE: Final = "file"
POSTGRESQL: Final = "postgresql"


class Engines(msgspec.Struct, frozen=True):
    """The rounds of each measure with the sides `bare`, `file` and `postgresql`."""

    rounds: dict[str, Rounds]


def measure(setting: Setting, address: str) -> Engines:
    """Take each measure on servers of its own, all of them on this database, which is verified at the end."""
    rounds = {what: take(setting, what, address) for what in MEASURES}
    setting.timeline.show("verifying the database")
    verify(address)
    return Engines(rounds)


def take(setting: Setting, what: str, address: str) -> Rounds:
    """Take one measure on all three sides, and verify the file."""
    name = what.replace(" ", "-")
    with ExitStack() as stack:
        bare = stack.enter_context(setting.running(servers.bare("--uvloop"), BARE))
        file = stack.enter_context(setting.serving(f"{FILE}-{name}"))
        database = stack.enter_context(setting.running(servers.seatkeeper(address), f"{POSTGRESQL}-{name}"))
        rounds = MEASURES[what](setting, bare, {FILE: file, POSTGRESQL: database})
    setting.timeline.show(f"{what}: verifying the file")
    verify(setting.file(f"{FILE}-{name}"))
    return rounds
