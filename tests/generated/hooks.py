"""Hooks for schemathesis, about what no schema can say; it loads this file, the tests do not."""

from __future__ import annotations

from urllib.parse import quote

import schemathesis

LONGEST_QUERY = 7_500


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: object) -> object:  # noqa: ARG001 - the hook's signature
    """Write 1.0 as 1, at any depth: as valid as before, or as invalid.

    JSON Schema takes 1.0 for an integer. The contract does not: see tests/contract/conventions/test_hostile.py.
    """
    return whole(body)


@schemathesis.hook
def filter_query(context: schemathesis.HookContext, query: dict[str, object] | None) -> bool:  # noqa: ARG001
    """Leave out queries that fill aiohttp's first line, 8,190 bytes: it refuses them before any handler sees them."""
    return sum(len(quote(str(value))) for value in (query or {}).values()) < LONGEST_QUERY


def whole(value: object) -> object:
    """Write 1.0 as 1, at any depth."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return value
