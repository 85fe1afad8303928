"""Hooks for schemathesis when it follows links: those of hooks.py, and requests that name no version."""

from __future__ import annotations

import schemathesis

from tests.generated import hooks

__all__ = ["hooks", "map_headers"]


@schemathesis.hook
def map_headers(
    context: schemathesis.HookContext,  # noqa: ARG001 - the hook's signature
    headers: dict[str, object] | None,
) -> dict[str, object] | None:
    """Leave If-Match out: a version that is drawn is the wrong one, and a walk would end with its first step."""
    return None if headers is None else {name: value for name, value in headers.items() if name != "If-Match"}
