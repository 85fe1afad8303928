"""The same sign-ups on the peers, in turn with the bare service and ours."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from bench import servers
from bench.failure import BenchFailure
from bench.sides import Rounds, Side, in_turn
from bench.stored import verify, verify_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.setting import Setting

ROUNDS: Final = 3


class Peer(NamedTuple):
    """A name, how to start it on a file, and how to count the accounts in that file; the note is why it cannot run."""

    name: str
    command: Callable[[Path], Sequence[str]]
    environment: Mapping[str, str]
    count: Callable[[Path], int]
    note: str = ""


class Peers(msgspec.Struct, frozen=True):
    """The rounds with the sides `bare`, `seatkeeper` and each peer, and why peers are missing."""

    rounds: Rounds
    missing: dict[str, str]


def measure(setting: Setting, peers: Sequence[Peer]) -> Peers:
    """Load all of them in turn on one core, and count the stored accounts of each."""
    here = [peer for peer in peers if not peer.note]
    with ExitStack() as stack:
        sides = [
            Side(
                "bare", stack.enter_context(setting.running(servers.bare(), "bare")), setting.new_sign_ups, unique=False
            ),
            Side("seatkeeper", stack.enter_context(setting.serving("beside-peers")), setting.new_sign_ups),
        ]
        for peer in here:
            command, log = peer.command(setting.file(peer.name)), setting.directory / f"{peer.name}.log"
            running = servers.running(command, setting.cores.server, log, peer.environment)
            sides.append(Side(peer.name, stack.enter_context(running), setting.new_sign_ups))
        rounds = in_turn(setting, "peers", sides, ROUNDS)
    for peer in here:
        there, acknowledged = peer.count(setting.file(peer.name)), rounds.acknowledged(peer.name)
        if there != acknowledged:
            raise BenchFailure(f"{peer.name} acknowledged {acknowledged} sign-ups and has {there} on disk")
    verify_accounts(setting.file("beside-peers"), rounds.acknowledged("seatkeeper"))
    verify(setting.file("beside-peers"))
    return Peers(rounds, {peer.name: peer.note for peer in peers if peer.note})
