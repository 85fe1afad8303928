"""What a worker has to know of its webhook."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec


class Target(msgspec.Struct, frozen=True):
    """Where the events of these types go, as the summary of the webhook says; `version` grows with each change."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    status: str
    version: int


read_target = msgspec.json.Decoder(Target).decode
"""Read the summary of a webhook."""


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Make a function that tells whether a type is meant: by its name, by `prefix.*`, or by `*`."""
    exact = {pattern for pattern in patterns if not pattern.endswith("*")}
    prefixes = tuple(pattern.removesuffix("*") for pattern in patterns if pattern.endswith("*"))
    known: dict[str, bool] = {}  # there are some thirty types, so the answers are kept: 0.1 us each

    def matches(name: str) -> bool:
        found = known.get(name)
        if found is None:
            found = known[name] = name in exact or name.startswith(prefixes)
        return found

    return matches
