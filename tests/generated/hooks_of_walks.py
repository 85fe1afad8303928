"""Hooks for schemathesis when it follows links: those of hooks.py, and requests in earnest that name no version."""

from __future__ import annotations

from typing import cast

import schemathesis

from tests.generated import hooks

__all__ = ["before_load_schema", "hooks", "map_headers", "map_query"]


@schemathesis.hook
def map_headers(
    context: schemathesis.HookContext,  # noqa: ARG001 - the hook's signature
    headers: dict[str, object] | None,
) -> dict[str, object] | None:
    """Leave If-Match out: a version that is drawn is the wrong one, and a walk would end with its first step."""
    return None if headers is None else {name: value for name, value in headers.items() if name != "If-Match"}


@schemathesis.hook
def map_query(
    context: schemathesis.HookContext,  # noqa: ARG001 - the hook's signature
    query: dict[str, object] | None,
) -> dict[str, object] | None:
    """Leave dry_run out: what is only tried leads nowhere."""
    return None if query is None else {name: value for name, value in query.items() if name != "dry_run"}


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, object]) -> None:  # noqa: ARG001
    """Leave external ids out of what begins a walk.

    Schemathesis takes them for ids of something else that no call makes, and then never begins with such a call.
    """
    schemas = cast("dict[str, dict[str, dict[str, dict[str, object]]]]", raw_schema["components"])["schemas"]
    for name in ("NewPlan", "NewSignUp"):
        properties = schemas[name]["properties"]
        for field in [field for field in properties if field.endswith("external_id")]:
            del properties[field]
