"""How long the expensive tests run: SUITE=short (the default), SUITE=middle or SUITE=long.

The forms run the same tests with the same assertions. They differ in numbers only: examples, seeds, rounds, seconds.

- short: `make test`, for each change. No single test takes longer than about ten seconds.
- middle: for CI. No single test takes longer than about a minute.
- long: `make test-long`, for an hour or more.
"""

from __future__ import annotations

import os
from typing import Literal, TypeVar

T = TypeVar("T")

Form = Literal["short", "middle", "long"]


def _form() -> Form:
    match os.environ.get("SUITE") or "short":
        case "short":
            return "short"
        case "middle":
            return "middle"
        case "long":
            return "long"
        case other:
            message = f"SUITE={other}: expected short, middle or long"
            raise ValueError(message)


FORM: Form = _form()


def pick(*, short: T, middle: T, long: T) -> T:
    """Return the value for the form of this run."""
    return {"short": short, "middle": middle, "long": long}[FORM]
