"""Reading a form: from the fields that a browser sends to the body that the API takes.

Nothing is judged here: what is no number goes on as the text that it is, and the API says what it expects there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import UNSET

from seatkeeper.http.console.forms.fields import MOST_ROWS, ROWS, Field

Sent = Mapping[str, Sequence[str]]

NULL = "null:"
"""What the name of the box begins with that has a field sent as null."""


def read_body(fields: Sequence[Field], sent: Sent) -> dict[str, object]:
    """Make the body of the fields that were filled in."""
    read = {field.name.rpartition("/")[2]: _value(field, sent) for field in fields}
    return {name: value for name, value in read.items() if value is not UNSET}


_is_place = re.compile("[0-9]{1,9}").fullmatch
"""Match a place in a list: Python reads no number of thousands of digits."""


def rows_of(field: Field, sent: Sent) -> int:
    """Count the rows of a list that are on the form."""
    begin = f"{field.name}/"
    places = (name.removeprefix(begin).partition("/")[0] for name in sent if name.startswith(begin))
    numbers = [int(place) for place in places if _is_place(place)]
    return min(max(numbers, default=ROWS - 1) + 1, field.most or ROWS, MOST_ROWS)


def _value(field: Field, sent: Sent) -> object:
    if NULL + field.name in sent:
        return None
    if field.kind in {"group", "either"}:
        return _object(field, sent)
    if field.kind == "rows":
        rows = (read_body(field.row(number), sent) for number in range(rows_of(field, sent)))
        return [row for row in rows if row] or UNSET
    if field.kind == "checks":
        return list(sent[field.name]) if field.name in sent else UNSET
    text = sent.get(field.name, [""])[0]
    return _simple(field, text) if text.strip() else UNSET


def _object(field: Field, sent: Sent) -> object:
    """Read an object; one without any field is left out, but for one that has to be there."""
    body = read_body(field.parts, sent)
    if body:
        return body
    if field.kind == "either":
        chosen = sent.get(field.name, [""])[0]
        return chosen or UNSET
    return body if field.required else UNSET


def _simple(field: Field, text: str) -> object:
    if field.kind == "number":
        return _number(text.strip())
    if field.kind == "yes-no":
        return {"yes": True, "no": False}.get(text, text)
    if field.kind == "time":
        return _time(text.strip())
    if field.kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if field.kind == "entries":
        return _entries(text)
    return text


def _number(text: str) -> int | str:
    try:
        return int(text) if len(text) <= 20 else text  # noqa: PLR2004 - digits of 2**64
    except ValueError:
        return text


def _time(text: str) -> str:
    """Read a time without an offset as UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    return time.replace(tzinfo=UTC).isoformat() if time.tzinfo is None else text


def _entries(text: str) -> dict[str, str | None]:
    """Read `name: value` lines; without a value, the entry is to be removed."""
    read: dict[str, str | None] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if line.strip():
            read[name.strip()] = value.strip() or None
    return read
