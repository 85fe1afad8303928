"""This commit of the service beside another one and the bare service: what a change gains or costs."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from bench import machine, servers
from bench.measures import beside
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.load.orders import Keys
    from bench.servers import Server
    from bench.setting import Setting

BARE: Final = "bare"
OTHER: Final = "other"
THIS: Final = "this"

HERE: Final = Path(__file__).parent


class Commits(msgspec.Struct, frozen=True):
    """What git calls the two commits, and the rounds of each measure with the sides `bare`, `other` and `this`."""

    other: str
    this: str
    rounds: dict[str, Rounds]


def measure(setting: Setting, checkout: Path) -> Commits:
    """Take each measure on servers of its own, so that none depends on what the one before it stored."""
    program = servers.installed_in(checkout)
    rounds = {what: take(setting, what, program) for what in MEASURES}
    return Commits(machine.commit(checkout), machine.commit(HERE), rounds)


def take(setting: Setting, what: str, program: Sequence[str]) -> Rounds:
    """Take one measure on all three sides, and verify the file of this commit."""
    name = what.replace(" ", "-")
    with ExitStack() as stack:
        bare = stack.enter_context(setting.running(servers.bare("--uvloop"), BARE))
        other = stack.enter_context(setting.serving(f"{OTHER}-{name}", program))
        this = stack.enter_context(setting.serving(f"{THIS}-{name}"))
        rounds = MEASURES[what](setting, bare, {OTHER: other, THIS: this})
    setting.timeline.show(f"{what}: verifying the file")
    verify(setting.file(f"{THIS}-{name}"))
    return rounds


def sign_ups(keys: Keys | None, setting: Setting, bare: Server, services: Mapping[str, Server]) -> Rounds:
    """Sign up, with an Idempotency-Key on each request or without."""
    work = partial(setting.new_sign_ups, keys)
    sides = [Side(BARE, bare, work, unique=False), *(Side(name, server, work) for name, server in services.items())]
    return in_turn(setting, "sign-ups" if keys is None else f"sign-ups, {keys} keys", sides)


def accounts(setting: Setting, bare: Server, services: Mapping[str, Server]) -> Rounds:
    """Read accounts."""
    return beside.accounts(setting, bare, services, setting.amounts.rounds)


def hot_account(setting: Setting, bare: Server, services: Mapping[str, Server]) -> Rounds:
    """Change one account from all connections."""
    return beside.hot_account(setting, bare, services, setting.amounts.rounds)


Take: TypeAlias = "Callable[[Setting, Server, Mapping[str, Server]], Rounds]"

MEASURES: Final[Mapping[str, Take]] = {
    "sign-ups": partial(sign_ups, None),
    "sign-ups with a key": partial(sign_ups, "random"),
    "GET of an account": accounts,
    "one hot account": hot_account,
}
