"""Words: what the names and values of the API, and who causes events, are called where people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeAlias

import iso4217

NameOf: TypeAlias = Callable[[str], str | None]
"""Finds the name of what has this id: of a member, a plan or a key, or whom an invitation is for; None without one."""

_ABBREVIATIONS = {"id": "ID", "api": "API", "url": "address", "q": "text", "email": "e-mail", "signups": "sign-ups"}

USUAL = len("2026-11-28T12:00:00.000Z")
"""Characters of a time, as the service writes all of them."""

_TIMES = ("_at", "_until", "now")
"""How the names of times end."""

_WITH_KEY = {"key": "key {}", "console": "key {}, in the console"}

_ACTORS = {
    "open": "somebody, without a key",
    "timer": "the service, on time",
    "cli": "the command line",
}


def label(name: str) -> str:
    """Write the name of a field as people would: `plan_id` is Plan ID."""
    words = [_ABBREVIATIONS.get(word, word) for word in name.replace("-", "_").replace(".", "_").split("_")]
    text = " ".join(word for word in words if word)
    return text[:1].upper() + text[1:]


def in_words(value: object) -> str:
    """Write a value of the API as text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return fields_in_words(value) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(in_words, value)) or "none"
    return str(value)


def fields_in_words(value: Mapping[str, object]) -> str:
    """Write the fields of a thing, each with its name; an amount of money as one."""
    if value.keys() == {"amount", "currency"}:
        return _money(value["amount"], str(value["currency"]))
    return "; ".join(f"{_lower(label(str(name)))}: {named(str(name), inner)}" for name, inner in value.items())


def _money(amount: object, currency: str) -> str:
    """Write an amount of minor units with its decimal point; a currency that is not in ISO 4217 has none."""
    digits = _digits().get(currency)
    if digits is None or not isinstance(amount, int):
        return f"{in_words(amount)} minor units of {currency}"
    whole, rest = divmod(abs(amount), 10**digits)
    text = f"{whole:,}.{rest:0{digits}}" if digits else f"{whole:,}"
    return f"{'-' if amount < 0 else ''}{text} {currency}"


@cache
def _digits() -> Mapping[str, int]:
    """Return how many digits of each currency are minor units."""
    return {one.code: one.exponent for one in iso4217.Currency if one.exponent is not None}


def named(name: str, value: object) -> str:
    """Write the value of a field with this name: a time as people read it, metadata with its own names."""
    if name == "metadata" and isinstance(value, Mapping) and value:
        return "; ".join(f"{key}: {in_words(text)}" for key, text in value.items())
    if f"_{name}".endswith(_TIMES) and isinstance(value, str) and len(value) == USUAL and value.endswith("Z"):
        return f"{value[:10]} {value[11:19]} UTC"
    return in_words(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def nameless(_: str) -> None:
    """Know no names."""


def who(event: Mapping[str, object], name_of: NameOf = nameless) -> str:
    """Say who caused an event."""
    context = event.get("context")
    if not isinstance(context, Mapping):
        return "unknown"
    actor = str(context.get("actor", "unknown"))
    kind, _, of = actor.partition(":")
    named = _WITH_KEY[kind].format(name_of(of) or of) if kind in _WITH_KEY else _ACTORS.get(actor, actor)
    customer = context.get("on_behalf_of")
    return f"{named}, for {customer}" if customer else named
