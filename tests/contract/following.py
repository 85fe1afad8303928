"""A client of the stream of events, as a program of its own would be: one request, and frames as they come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import requests

from tests.contract.shapes import Event

if TYPE_CHECKING:
    from tests.service import Service

DEADLINE = 30.0
"""Seconds without a byte after which a stream is given up."""


class Frame(NamedTuple):
    """A frame of server-sent events."""

    id: int
    event: str
    data: Event


class Followed:
    """An open stream."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self._lines = response.iter_lines(chunk_size=1)

    def take(self, count: int) -> list[Frame]:
        """Wait for so many events."""
        return [self._take() for _ in range(count)]

    def _take(self) -> Frame:
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.decode().partition(": ")
                fields[name] = value
            elif "data" in fields:
                return Frame(int(fields["id"]), fields["event"], msgspec.json.decode(fields["data"], type=Event))
            else:
                fields.clear()
        message = "the stream has ended"
        raise EOFError(message)

    def ended(self) -> bool:
        """Wait for the end; return whether nothing more came."""
        return not re.search(rb"data", b"".join(self._lines))


@contextmanager
def follow(service: Service, headers: Mapping[str, str] | None = None, **query: str | int) -> Iterator[Followed]:
    """Follow the journal; the connection is closed at the end."""
    with requests.Session() as session:
        session.trust_env = False
        with session.get(
            f"{service.url}/v1/events/stream", params=query, headers=headers, stream=True, timeout=DEADLINE
        ) as response:
            assert response.status_code == 200, response.text
            yield Followed(response)
