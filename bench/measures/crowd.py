"""Members added to and removed from a large account, beside a small one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from bench import client
from bench.load.orders import ComingsAndGoings, Crowd
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify

if TYPE_CHECKING:
    from bench.setting import Setting

FEW: Final = 10
ROUNDS: Final = 3


class Crowds(msgspec.Struct, frozen=True):
    """The rounds of both accounts, `few` and `many`, and their numbers of members before."""

    rounds: Rounds
    few: int
    many: int


def measure(setting: Setting) -> Crowds:
    """Fill an account through the service, then add and remove members of both, so that their sizes stay."""
    amounts = setting.amounts
    with setting.serving("crowd") as server:
        plan = client.define_plan(server, 2 * amounts.crowd + 1_000)
        few, many = client.open_account(server, plan), client.open_account(server, plan)
        setting.load_to_the_end(server, Crowd(few, FEW - 1))
        setting.timeline.show(f"an account of {amounts.crowd:,} members: adding them")
        setting.load_to_the_end(server, Crowd(many, amounts.crowd - 1))
        counts = client.members_of(server, few), client.members_of(server, many)
        sides = [
            Side("few", server, lambda: ComingsAndGoings(few)),
            Side("many", server, lambda: ComingsAndGoings(many)),
        ]
        rounds = in_turn(setting, "a large account", sides, ROUNDS)
    setting.timeline.show("verifying the large account")
    verify(setting.file("crowd"))
    return Crowds(rounds, *counts)
