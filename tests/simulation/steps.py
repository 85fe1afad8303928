"""What clients do, drawn before the run, so that a step can be left out and the others stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

WEIGHTS = {
    "sign up": 10,
    "add member": 22,
    "rename member": 4,
    "change role": 9,
    "change email": 3,
    "name member": 4,
    "remove member": 8,
    "take seat": 18,
    "free seat": 8,
    "adjust credit": 12,
    "change plan": 12,
    "invite": 16,
    "accept": 16,
    "renew invitation": 3,
    "revoke invitation": 3,
    "grant": 7,
    "withdraw grant": 3,
    "change trial": 3,
    "end trial": 2,
    "cancel change": 2,
    "add many": 4,
    "rename account": 4,
    "name account": 8,
    "suspend": 2,
    "reactivate": 4,
    "close": 1,
    "define plan": 2,
    "rename plan": 2,
    "name plan": 3,
    "revise package": 5,
    "retire": 2,
    "reinstate": 4,
    "create key": 3,
    "rotate key": 3,
    "revoke key": 2,
    "read account": 5,
    "read plan": 2,
    "read feed": 3,
    "read receipt": 4,
    "send again": 6,
    "reuse a key": 4,
}
"""How often each step is drawn."""
WITHOUT_KEY = ("sign up", "create key", "add member", "adjust credit", "rename account", "rename member")
"""Commands whose events name their step, so that they can be counted without a receipt."""

ROUNDS = 3
"""Parts of a run; between them all clients wait until the service is idle, and everything is checked."""

WEBHOOKS = 99
"""The client that makes the webhooks."""


@dataclass(frozen=True)
class Step:
    """One thing that a client does, and what it does when no answer comes."""

    client: int
    number: int
    round: int
    kind: str
    keyed: bool
    match: str  # "none", "right", "wrong": what If-Match says
    hasty: bool  # goes on with the next step meanwhile
    think: float  # seconds before it
    patience: float  # seconds for which it waits for an answer
    retries: int  # times that it asks again before it goes away
    duplicates: int  # requests with the same key that are sent at the same time
    dice: tuple[float, ...]  # random numbers for the choices of the step

    def pick(self, die: int, count: int) -> int:
        """Choose a number below `count`."""
        return int(self.dice[die] * count)


class Manners(NamedTuple):
    """How the clients of a run behave: seconds between steps, and two chances."""

    rushed: float
    impatient: float
    hasty: float


def plan_steps(random: Random, clients: int, steps: int, weights: Mapping[str, int]) -> Sequence[Step]:
    """Draw what each client does."""
    manners = Manners(
        rushed=random.choice([0.0, 0.002, 0.02]),
        impatient=random.choice([0.02, 0.1, 0.3]),
        hasty=random.choice([0.0, 0.2, 0.7]),
    )
    return [
        _step(random, client, number, _kind(random, client, number, weights), number * ROUNDS // steps, manners)
        for client in range(clients)
        for number in range(steps)
    ]


def webhook_steps(random: Random) -> Sequence[Step]:
    """Draw the steps that make one or two webhooks before anything else, by a client who insists."""
    return [
        Step(
            client=WEBHOOKS,
            number=number,
            round=0,
            kind="create webhook",
            keyed=True,
            match="none",
            hasty=False,
            think=0.0,
            patience=60.0,
            retries=8,
            duplicates=random.choice([0, 0, 1]),
            dice=tuple(random.random() for _ in range(8)),
        )
        for number in range(random.choice([1, 1, 2]))
    ]


def _is_first(client: int, number: int) -> bool:
    """Return whether this is one of the first steps, which make what the others are about."""
    return number < 2 and client < 2


def _kind(random: Random, client: int, number: int, weights: Mapping[str, int]) -> str:
    if _is_first(client, number):
        return ("define plan", "sign up")[number]
    return random.choices(list(weights), list(weights.values()))[0]


def _step(random: Random, client: int, number: int, kind: str, round_number: int, manners: Manners) -> Step:  # noqa: PLR0913, PLR0917 - what is drawn, in this order
    return Step(
        client=client,
        number=number,
        round=round_number,
        kind=kind,
        keyed=kind not in WITHOUT_KEY or random.random() < 0.85,
        match=random.choices(["none", "right", "wrong"], [85, 12, 3])[0],
        hasty=not _is_first(client, number) and random.random() < manners.hasty,
        think=random.expovariate(1 / manners.rushed) if manners.rushed else 0.0,
        patience=random.expovariate(1 / 0.003) if random.random() < manners.impatient else 60.0,
        retries=random.choice([0, 1, 3, 8]),
        duplicates=random.choices([0, 1, 3], [90, 7, 3])[0],
        dice=tuple(random.random() for _ in range(8)),
    )
