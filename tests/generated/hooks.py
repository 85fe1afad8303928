"""Hooks for schemathesis, about what no schema can say; it loads this file, the tests do not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import quote

import msgspec
import schemathesis

from seatkeeper.http import fields
from seatkeeper.http.server.validation import FieldError
from tests.contract.given import NOWHERE

LONGEST_QUERY = 7_500
LONGEST_URL, URL = 2_000, re.compile(r"^https?://\S+$")
Case: TypeAlias = "schemathesis.Case[object]"
OWN_KEY = "OWN_KEY"
"""The variable that has the id of the key that all requests come with."""
NOBODYS = "01900000-0000-7000-8000-ffffffffffff"
KEY = "key of metadata"
LEAP_YEAR = "2996"
KINDS: dict[str, tuple[object, Callable[[str, str], object]]] = {
    "name": (fields.Name, fields.name),
    "email": (fields.Email, fields.email),
    "reason": (fields.Reason, fields.reason),
    "external_id": (fields.ExternalId, fields.external_id),
    KEY: (fields.MetadataKey, lambda field, key: fields.check_metadata(field, {key: ""})),
}


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: object) -> object:  # noqa: ARG001 - the hook's signature
    """Write 1.0 as 1, at any depth: as valid as before, or as invalid.

    JSON Schema takes 1.0 for an integer. The contract does not: see tests/contract/conventions/test_hostile.py.
    """
    return whole(body)


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: object) -> bool:
    """Leave out texts that fit their pattern and are refused: which joiners join, and which domains there are.

    Leave out what one field says about another, too.
    """
    return is_taken(body, str(getattr(context.operation, "path", "")))


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: Case) -> bool:  # noqa: ARG001
    """Leave the same out where a rule of a schema is covered, which asks for no bodies."""
    return is_taken(case.body, case.path)


def is_taken(body: object, path: str) -> bool:
    """Whether a body that fits its schema is taken."""
    if isinstance(body, dict) and (has_passed(body) or contradicts_itself(body, path)):
        return False
    return not any(is_refused_beside_its_pattern(name, text) for name, text in texts(body))


def has_passed(body: Mapping[object, object]) -> bool:
    """Whether a key, a grant or a trial would have ended already, or a day lies before all calendars."""
    return any(str(body.get(name) or "9") < "2100" for name in ("expires_at", "ends_at", "effective_at"))


def contradicts_itself(body: Mapping[object, object], path: str) -> bool:
    """Whether a grant grants nothing, or a change of plan has the seconds of a grace and no grace."""
    grants_nothing = path.endswith("/grants") and not body.get("seats") and not body.get("members")
    return grants_nothing or ("grace_seconds" in body and body.get("excess") != "grace")


@schemathesis.hook
def filter_query(context: schemathesis.HookContext, query: dict[str, object] | None) -> bool:  # noqa: ARG001
    """Leave out queries that fill aiohttp's first line, 8,190 bytes: it refuses them before any handler sees them."""
    return sum(len(quote(str(value))) for value in (query or {}).values()) < LONGEST_QUERY


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: Case) -> Case:  # noqa: ARG001
    """Quote the 0 that schemathesis has for the shortest version, though the pattern asks for quotes."""
    if case.headers.get("If-Match") == "0":
        case.headers["If-Match"] = '"0"'
    return case


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, object]) -> None:  # noqa: ARG001
    """Have webhooks lead to this machine, also that of the document's example, and keys end in the future.

    Each is as valid as before, or as invalid.
    """
    if (case.path_parameters or {}).get("key_id") == os.environ.get(OWN_KEY):
        case.path_parameters["key_id"] = NOBODYS  # who ends the key that it comes with sees nothing but 401
    led = ended_later(led_home(case.body))
    if led is not case.body:  # to set it at all has schemathesis look again at what is wrong with the case
        case.body = led  # type: ignore[assignment]


def is_refused_beside_its_pattern(name: str, text: str) -> bool:
    """Whether this field takes less than its pattern says."""
    kind, clean = next((found for end, found in KINDS.items() if name.endswith(end)), (None, None))
    if clean is None or re.search(msgspec.json.schema(kind)["pattern"], text) is None:
        return False
    try:
        clean(name, text)
    except FieldError:
        return True
    return False


def led_home(body: object) -> object:
    """Let an address that the schema takes be one where nothing listens."""
    url = body.get("url") if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(url, str) and URL.search(url) and len(url) <= LONGEST_URL:
        return {**body, "url": NOWHERE}
    return body


def ended_later(body: object) -> object:
    """Let what ends in the past end in a far year: no schema can say that a time has to lie ahead."""
    time = body.get("expires_at") if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(time, str) and re.match(r"\d{4}-\d\d-", time) and time < "2100":
        return {**body, "expires_at": f"{LEAP_YEAR}{time[4:]}"}
    return body


def texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every string, at any depth, with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if name.endswith("metadata"):
                yield KEY, str(key)
            yield from texts(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, name)


def whole(value: object) -> object:
    """Write 1.0 as 1, at any depth."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return value
