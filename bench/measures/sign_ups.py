"""Durable sign-ups a second beside the bare service."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from bench import servers
from bench.cross_check import CrossCheck, cross_check
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify, verify_accounts

if TYPE_CHECKING:
    from bench.setting import Setting


class SignUpRounds(msgspec.Struct, frozen=True):
    """The rounds of all sides, the number of accounts in the file, and the figures of wrk for the bare service."""

    rounds: Rounds
    accounts_stored: int
    cross_check: CrossCheck | None


def measure(setting: Setting) -> SignUpRounds:
    """Run both services on one core, load them in turn, and check the number of stored accounts."""
    with ExitStack() as stack:
        bare = stack.enter_context(setting.running(servers.bare(), "bare"))
        ours = stack.enter_context(setting.serving("sign-ups"))
        sides = [
            Side("bare", bare, setting.new_sign_ups, unique=False),
            Side("seatkeeper", ours, setting.new_sign_ups),
            Side("keyed", ours, partial(setting.new_sign_ups, "random")),
            Side("keyed, rising", ours, partial(setting.new_sign_ups, "rising")),
        ]
        rounds = in_turn(setting, "sign-ups", sides)
        setting.timeline.show("sign-ups: the same with wrk")
        checked = cross_check(bare, setting)
    database = setting.file("sign-ups")
    stored = verify_accounts(database, rounds.acknowledged("seatkeeper", "keyed", "keyed, rising"))
    setting.timeline.show(f"verifying {stored:,} accounts")
    verify(database)
    return SignUpRounds(rounds, stored, checked)
