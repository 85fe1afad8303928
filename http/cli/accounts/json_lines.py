"""Accounts as JSON Lines: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from seatkeeper.http.cli.accounts.rows import Entry

BOM = b"\xef\xbb\xbf"


class JsonLines:
    """A file whose every line is an account; empty lines are passed over."""

    strict = True

    def __init__(self, path: Path) -> None:
        """Read this file."""
        self._path = path

    def entries(self) -> Iterator[Entry]:
        """Go through the accounts; raise OSError."""
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = line.removeprefix(BOM).strip() if number == 1 else line.strip()
                if text:
                    yield _entry(number, text)

    def begin(self, _failed: BinaryIO) -> None:
        """Write nothing before the first failed row."""

    def write(self, failed: BinaryIO, left: Mapping[str, object]) -> None:
        """Write a row that failed."""
        failed.write(msgspec.json.encode(left) + b"\n")


def _entry(number: int, text: bytes) -> Entry:
    try:
        return Entry(number, msgspec.json.decode(text, type=dict[str, object]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Entry(number, {"not_read": text.decode("utf-8", "replace")}, f"it is no JSON object: {error}")
