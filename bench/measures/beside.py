"""One hot account, and reads, each beside the bare service."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import msgspec

from bench import client, servers
from bench.failure import BenchFailure
from bench.load.orders import Accounts, ComingsAndGoings, Crowd, Pages, Work
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting

ROUNDS: Final = 3
PLACES: Final = 10_000
"""More than are ever taken at once."""

MEMBERS: Final = 100
"""Members of the account whose first page is read."""

ACCOUNTS: Final = 2_000
"""Accounts that are read in turn."""


class Beside(msgspec.Struct, frozen=True):
    """The rounds of each kind of work, with the sides `bare` and `seatkeeper`."""

    hot_account: Rounds
    account: Rounds
    page: Rounds


def measure(setting: Setting) -> Beside:
    """Do each kind of work on both sides in turn."""
    with ExitStack() as stack:
        bare = stack.enter_context(setting.running(servers.bare(), "bare"))
        ours = stack.enter_context(setting.serving("reads"))
        beside = Beside(hot_account(setting, bare, ours), accounts(setting, bare, ours), pages(setting, bare, ours))
    setting.timeline.tell("verifying the hot account")
    verify(setting.file("reads"))
    return beside


def hot_account(setting: Setting, bare: Server, ours: Server) -> Rounds:
    """Add members to one account and remove them, from all connections; in the end as many are there as must be."""
    account = client.open_account(ours, client.define_plan(ours, PLACES))
    rounds = in_turn(setting, "one hot account", both(bare, ours, ComingsAndGoings(account)), ROUNDS)
    asked = rounds.acknowledged("seatkeeper")
    there = client.members_of(ours, account)
    if not 1 <= there <= 1 + asked or (asked + 1 - there) % 2:
        raise BenchFailure(f"{there} members cannot be what {asked} additions and removals left of one")
    return rounds


def accounts(setting: Setting, bare: Server, ours: Server) -> Rounds:
    """Read accounts."""
    setting.timeline.tell("reading accounts: signing them up")
    signed_up = setting.load_to_the_end(ours, setting.new_sign_ups(), ACCOUNTS, samples=ACCOUNTS)
    return in_turn(setting, "reading accounts", both(bare, ours, Accounts(signed_up.sampled)), ROUNDS)


def pages(setting: Setting, bare: Server, ours: Server) -> Rounds:
    """Read a page of members."""
    account = client.open_account(ours)
    setting.load_to_the_end(ours, Crowd(account, MEMBERS))
    return in_turn(setting, "reading pages", both(bare, ours, Pages(account)), ROUNDS)


def both(bare: Server, ours: Server, work: Work) -> list[Side]:
    """The same work for both."""
    return [Side("bare", bare, lambda: work, unique=False), Side("seatkeeper", ours, lambda: work)]
