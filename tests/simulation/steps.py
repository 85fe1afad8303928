"""What clients are going to do: drawn before the run, so that a step can be left out and the others stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

KINDS = {
    "sign up": 10,
    "add member": 22,
    "rename member": 4,
    "change role": 9,
    "change email": 3,
    "remove member": 8,
    "take seat": 18,
    "free seat": 8,
    "adjust credit": 12,
    "change plan": 7,
    "rename account": 4,
    "suspend": 2,
    "reactivate": 4,
    "close": 1,
    "define plan": 2,
    "rename plan": 2,
    "revise package": 5,
    "retire": 2,
    "reinstate": 4,
    "read account": 5,
    "read plan": 2,
    "read feed": 3,
    "read receipt": 4,
    "send again": 6,
    "reuse a key": 4,
}
WITHOUT_KEY = ("sign up", "add member", "adjust credit", "rename account", "rename member")
"""Commands whose events say whose they are, so that their count is known without a receipt too."""

ROUNDS = 3
"""Parts of a run; between them everybody waits until all is settled, and everything is checked."""


@dataclass(frozen=True)
class Step:
    """One thing that a client does, and how it takes it when no answer comes."""

    client: int
    number: int
    round: int
    kind: str
    keyed: bool
    match: str  # "none", "right", "wrong": what If-Match says
    hasty: bool  # goes on with the next step meanwhile
    think: float  # seconds before it
    patience: float  # seconds until it gives an answer up
    retries: int  # times that it asks again before it goes away
    twins: int  # requests with the same key that are sent beside the first one
    dice: tuple[float, ...]  # chance for whatever the step has to choose

    def pick(self, die: int, count: int) -> int:
        """Choose a number below `count`."""
        return int(self.dice[die] * count)


def plan_steps(random: Random, clients: int, steps: int) -> Sequence[Step]:
    """Draw what each client does."""
    rushed = random.choice([0.0, 0.002, 0.02])
    impatient = random.choice([0.02, 0.1, 0.3])
    hasty = random.choice([0.0, 0.2, 0.7])
    return [
        _step(random, client, number, steps, rushed, impatient, hasty)
        for client in range(clients)
        for number in range(steps)
    ]


def _step(random: Random, client: int, number: int, steps: int, rushed: float, impatient: float, hasty: float) -> Step:  # noqa: PLR0913, PLR0917
    first = number < 2 and client < 2
    kind = ("define plan", "sign up")[number] if first else random.choices(list(KINDS), list(KINDS.values()))[0]
    return Step(
        client=client,
        number=number,
        round=number * ROUNDS // steps,
        kind=kind,
        keyed=kind not in WITHOUT_KEY or random.random() < 0.85,
        match=random.choices(["none", "right", "wrong"], [85, 12, 3])[0],
        hasty=not first and random.random() < hasty,
        think=random.expovariate(1 / rushed) if rushed else 0.0,
        patience=random.expovariate(1 / 0.003) if random.random() < impatient else 60.0,
        retries=random.choice([0, 1, 3, 8]),
        twins=random.choices([0, 1, 3], [90, 7, 3])[0],
        dice=tuple(random.random() for _ in range(4)),
    )
