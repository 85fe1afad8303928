"""The file of failed rows beside the file that is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

SUFFIX = ".failed"


class Writer(Protocol):
    """How rows are written: as in the file that is imported."""

    def begin(self, failed: BinaryIO, /) -> None:
        """Write what comes before the first row."""

    def write(self, failed: BinaryIO, left: Mapping[str, object], /) -> None:
        """Write a row."""


class FailedRows:
    """Writes what failed as it fails; there is no file without a row, and that of an import before gets a ~."""

    def __init__(self, path: Path, writer: Writer) -> None:
        """Write beside this file."""
        self.path = path.with_name(path.name + SUFFIX)
        self.count = 0
        self._writer = writer
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def start(self) -> None:
        """Move the file of an import before out of the way: somebody may have mended rows in it; raise OSError."""
        if self.path.exists():
            self.path.replace(self.path.with_name(self.path.name + "~"))

    def add(self, left: Mapping[str, object]) -> None:
        """Write a row; raise OSError."""
        if self._file is None:
            self._file = self.path.open("wb")
            self._writer.begin(self._file)
        self._writer.write(self._file, left)
        self._file.flush()
        self.count += 1
