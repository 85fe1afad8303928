"""Scopes: what a key may do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, TypeAlias, get_args

Scope: TypeAlias = Literal[
    "plans:read",
    "plans:write",
    "accounts:read",
    "accounts:write",
    "events:read",
    "webhooks",
    "keys",
    "metrics:read",
    "admin",
]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""All scopes, in the order in which a key shows its own."""

ADMIN: Scope = "admin"
"""The scope that includes all others."""

_READ, _WRITE = ":read", ":write"


def includes(granted: Collection[str], wanted: str) -> bool:
    """Tell whether who has been granted these scopes may do what needs the wanted one."""
    if wanted in granted or ADMIN in granted:
        return True
    return wanted.endswith(_READ) and wanted.removesuffix(_READ) + _WRITE in granted


def first_beyond(granted: Collection[str], wanted: Iterable[str]) -> str | None:
    """Return the first of the wanted scopes that the granted ones do not include, None if they include all."""
    return next((scope for scope in wanted if not includes(granted, scope)), None)


def ordered(scopes: Collection[Scope]) -> tuple[Scope, ...]:
    """Put scopes in the order of `SCOPES`, each once."""
    return tuple(scope for scope in SCOPES if scope in scopes)
