"""Reading answers from bytes."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec

from bench.shapes import Problem

HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
NO_CONTENT: Final = b"204"


class UnreadableAnswer(Exception):
    """An answer without a Content-Length, or with bytes behind its end."""


class Answer(NamedTuple):
    """The status as three digits, and the body."""

    status: bytes
    body: bytes


def read(data: bytes) -> Answer | None:
    """Read one answer; None while it is not complete, UnreadableAnswer if more bytes follow."""
    head = data.find(HEAD_END)
    if head < 0:
        return None
    status, begins = data[9:12], head + 4
    length = LENGTH.search(data, 0, begins)
    if length is not None:
        ends = begins + int(length[1])
    elif status == NO_CONTENT:
        ends = begins
    else:
        raise UnreadableAnswer(data[:200])
    if len(data) > ends:
        raise UnreadableAnswer(data[ends : ends + 200])
    return Answer(status, data[begins:]) if len(data) == ends else None


def problem(answer: Answer) -> str | None:
    """Name the problem of an answer by its status and type; None if it has none."""
    status = answer.status.decode("latin-1")
    if status < "400":
        return None
    try:
        return f"{status} {msgspec.json.decode(answer.body, type=Problem).type}"
    except msgspec.DecodeError:
        return f"{status} without a problem"
