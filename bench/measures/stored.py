"""Sign-ups, the start and the first command to a cold account, with very many accounts stored."""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import msgspec

from bench import bulk
from bench.measures import restarts
from bench.measures.restarts import Restarts
from bench.sides import Ratio, Rounds, Side, in_turn
from bench.stored import count_accounts, verify

if TYPE_CHECKING:
    from bench.setting import Setting

EMPTY: Final = "empty"


class Stored(msgspec.Struct, frozen=True):
    """The rounds with nothing stored (`empty`) and with each size (its number), and the restarts on the largest."""

    sizes: list[int]
    rounds: Rounds
    restarts: Restarts

    def ratio(self, size: int) -> Ratio:
        """Give the rate with so many accounts over that on an empty file."""
        return self.rounds.ratio(str(size), EMPTY)


def measure(setting: Setting, sizes: list[int]) -> Stored:
    """Write the files, sign up on all of them in turn, start on the largest, and verify every file."""
    for size in sizes:
        write(setting, size)
    largest = max(sizes)
    chosen = random.Random(largest).sample(range(largest), setting.amounts.probes)
    restarted = restarts.measure(setting, str(largest), largest, [bulk.account_id(number) for number in chosen])
    rounds = sign_ups(setting, sizes)
    for size in sizes:
        setting.timeline.show(f"verifying {size:,} accounts")
        count_accounts(setting.file(str(size)), size + rounds.acknowledged(str(size)))
        verify(setting.file(str(size)), within=3600.0)
    count_accounts(setting.file(EMPTY), rounds.acknowledged(EMPTY))
    verify(setting.file(EMPTY))
    return Stored(sizes, rounds, restarted)


def write(setting: Setting, size: int) -> None:
    """Make a file with so many accounts."""
    with setting.serving(str(size)):
        setting.timeline.show(f"writing {size:,} accounts")
    bulk.write(
        setting.file(str(size)), size, lambda done: setting.timeline.show(f"writing {size:,} accounts", done / size)
    )


def sign_ups(setting: Setting, sizes: list[int]) -> Rounds:
    """Sign up on an empty file and on the others in turn."""
    with ExitStack() as stack:
        sides = [
            Side(name, stack.enter_context(setting.serving(name)), setting.new_sign_ups)
            for name in (EMPTY, *map(str, sizes))
        ]
        return in_turn(setting, "sign-ups", sides)
