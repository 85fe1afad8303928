"""How long the expensive tests run: SUITE=short (the default), SUITE=middle or SUITE=long.

They differ in numbers: examples, seeds, rounds, seconds. The assertions are the same.

- short: `make test`, for each change. It leaves out what is marked `@suite.thorough`, which has to run for long to find
  anything: the walks of the links, the service's machine, and most of the torture.
- middle: before a release. No single test takes longer than about a minute.
- long: `make test-long`, for an hour or more.
"""

from __future__ import annotations

import os
from typing import Literal, TypeVar

import pytest

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

thorough = pytest.mark.thorough
"""Marks a test, or one of its parameters, that the short form leaves out."""


def pick(*, short: T, middle: T, long: T) -> T:
    """Return the value for the form of this run."""
    return {"short": short, "middle": middle, "long": long}[FORM]
