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
    from collections.abc import Callable, Mapping

    from bench.servers import Server
    from bench.setting import Setting

ROUNDS: Final = 3
MEMBER_SLOTS: Final = 10_000
"""More than are ever taken at once."""

MEMBERS: Final = 100
"""Members of the account whose first page is read."""

ACCOUNTS: Final = 2_000
"""Accounts that are read one after the other."""


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
        services = {"seatkeeper": ours}
        beside = Beside(
            hot_account(setting, bare, services, ROUNDS),
            accounts(setting, bare, services, ROUNDS),
            pages(setting, bare, ours),
        )
    setting.timeline.show("verifying the hot account")
    verify(setting.file("reads"))
    return beside


def hot_account(setting: Setting, bare: Server, services: Mapping[str, Server], rounds: int) -> Rounds:
    """Add members to one account of each service and remove them, then check how many are left."""
    hot = {
        name: client.open_account(server, client.define_plan(server, MEMBER_SLOTS)) for name, server in services.items()
    }
    works = {name: ComingsAndGoings(account) for name, account in hot.items()}
    made = in_turn(setting, "one hot account", with_bare(bare, services, works), rounds)
    for name, server in services.items():
        check_members(client.members_of(server, hot[name]), made.acknowledged(name))
    return made


def check_members(left: int, changes: int) -> None:
    """Check that so many additions and removals can leave so many members of one."""
    if not 1 <= left <= 1 + changes or (changes + 1 - left) % 2:
        raise BenchFailure(f"{left} members cannot be what {changes} additions and removals left of one")


def accounts(setting: Setting, bare: Server, services: Mapping[str, Server], rounds: int) -> Rounds:
    """Read accounts."""
    works = {name: Accounts(sign_up(setting, server)) for name, server in services.items()}
    return in_turn(setting, "reading accounts", with_bare(bare, services, works), rounds)


def sign_up(setting: Setting, server: Server) -> list[str]:
    """Sign up the accounts that are read; their ids."""
    setting.timeline.show("reading accounts: signing them up")
    return setting.load_to_the_end(server, setting.new_sign_ups(), ACCOUNTS, samples=ACCOUNTS).sampled


def pages(setting: Setting, bare: Server, ours: Server) -> Rounds:
    """Read a page of members."""
    account = client.open_account(ours)
    setting.load_to_the_end(ours, Crowd(account, MEMBERS))
    sides = with_bare(bare, {"seatkeeper": ours}, {"seatkeeper": Pages(account)})
    return in_turn(setting, "reading pages", sides, ROUNDS)


def with_bare(bare: Server, services: Mapping[str, Server], works: Mapping[str, Work]) -> list[Side]:
    """Give each service its work, and the bare service that of the first."""
    first = next(iter(works.values()))
    ours = [Side(name, server, every_round(works[name])) for name, server in services.items()]
    return [Side("bare", bare, every_round(first), unique=False), *ours]


def every_round(work: Work) -> Callable[[], Work]:
    """Give the same work in each round."""
    return lambda: work
