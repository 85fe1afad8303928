"""Accounts as CSV: a member in each row, beside the columns of the account."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO, cast

from seatkeeper.http.cli.accounts.rows import AccountRow, Entry, MemberRow
from seatkeeper.http.cli.statuses import CommandFailed

NOT_TEXT = "it is not in UTF-8"

METADATA = "metadata."
MEMBER = "member_"
NO_TEXT = {"metadata", "grants", "members"}
"""The fields that have no column: metadata has one for each of its entries, and grants need JSON Lines."""

OF_ACCOUNTS = tuple(name for name in AccountRow.__struct_fields__ if name not in NO_TEXT)
OF_MEMBERS = tuple(
    name if name.startswith(MEMBER) else MEMBER + name for name in MemberRow.__struct_fields__ if name not in NO_TEXT
)
ADDED = ("account_id", "line", "attempt", "problem", "member_id", "member_problem")
"""What a table of failed rows has beside its own columns."""


class TableRow(NamedTuple):
    """The cells of one row that are not empty, those of the account and those of the member."""

    line: int
    account: dict[str, object]
    member: dict[str, object]
    problem: str | None


class Table:
    """A table in UTF-8 with a header; rows that follow each other are one account if that is the same or left out."""

    strict = False
    """Numbers, and true and false, are text here."""

    def __init__(self, path: Path) -> None:
        """Read the header of this file; raise OSError or CommandFailed."""
        self._path = path
        with self._open() as file:
            header = file.readline()
            file.seek(0)
            self._delimiter = max(",;\t", key=header.count)
            self._columns = [name.strip() for name in next(self._reader(file), [])]
        self._check_header()

    def _open(self) -> TextIO:
        return self._path.open(encoding="utf-8-sig", newline="")

    def _reader(self, file: TextIO) -> Lines:
        return Lines(file, self._delimiter, self._path)

    def _check_header(self) -> None:
        if not any(self._columns):
            raise CommandFailed(f"{self._path}: there is no header")
        wrong = [name or "an empty one" for name in self._columns if not _is_column(name)]
        if wrong:
            known = ", ".join((*OF_ACCOUNTS, *OF_MEMBERS))
            raise CommandFailed(
                f"{self._path}: the header has columns that are not known: {', '.join(wrong)}. Known are {known},"
                " and metadata.KEY and member_metadata.KEY for any KEY"
            )
        twice = sorted({name for name in self._columns if self._columns.count(name) > 1})
        if twice:
            raise CommandFailed(f"{self._path}: the header has columns twice: {', '.join(twice)}")

    def entries(self) -> Iterator[Entry]:
        """Go through the accounts; raise OSError or CommandFailed."""
        entry: Entry | None = None
        for row in self._rows():
            members = [row.member] if row.member else []
            if entry is not None and row.account in ({}, _without_members(entry.raw)):
                cast("list[object]", entry.raw["members"]).extend(members)
                # one row that cannot be read keeps its whole account back: without it, another would be the first
                entry = entry._replace(problem=entry.problem or row.problem)
                continue
            if entry is not None:
                yield entry
            entry = Entry(row.line, {**row.account, "members": members}, row.problem)
        if entry is not None:
            yield entry

    def _rows(self) -> Iterator[TableRow]:
        with self._open() as file:
            lines = self._reader(file)
            next(lines, None)
            for cells in lines:
                if not any(cells):
                    continue
                problem = None
                if len(cells) > len(self._columns):
                    problem = f"line {lines.began} has {len(cells)} cells, and the header {len(self._columns)}"
                account, member = dict[str, object](), dict[str, object]()
                for name, cell in zip(self._columns, cells, strict=False):
                    if cell:
                        _put(member if name.startswith(MEMBER) else account, name, cell)
                yield TableRow(lines.began, account, member, problem)

    def begin(self, failed: BinaryIO) -> None:
        """Write the header."""
        self._write(failed, [self._all_columns()])

    def _all_columns(self) -> Sequence[str]:
        return [*self._columns, *(name for name in ADDED if name not in self._columns)]

    def write(self, failed: BinaryIO, left: Mapping[str, object]) -> None:
        """Write an account that failed, with a row for each member that is left."""
        account = _cells(left, "")
        members = cast("Sequence[Mapping[str, object]]", left.get("members") or [{}])
        rows = [{**account, **_cells(member, MEMBER)} for member in members]
        self._write(failed, [[row.get(name, "") for name in self._all_columns()] for row in rows])

    def _write(self, failed: BinaryIO, rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._delimiter).writerows(rows)
        failed.write(text.getvalue().encode())


class Lines:
    """The rows of a file as cells, and the line on which the last of them began."""

    def __init__(self, file: TextIO, delimiter: str, path: Path) -> None:
        """Read this file."""
        self._reader = csv.reader(file, delimiter=delimiter, strict=True)
        self._path = path
        self.began = 1

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> list[str]:
        self.began = self._reader.line_num + 1
        try:
            return next(self._reader)
        except csv.Error as error:
            raise CommandFailed(f"{self._path}, line {self.began}: {error}") from error
        except UnicodeDecodeError as error:
            raise CommandFailed(f"{self._path}: {NOT_TEXT}") from error


def _without_members(raw: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in raw.items() if name != "members"}


def _is_column(name: str) -> bool:
    if name in (*OF_ACCOUNTS, *OF_MEMBERS):
        return True
    return name.removeprefix(MEMBER).startswith(METADATA) and not name.endswith(METADATA)


def _put(fields: dict[str, object], name: str, cell: str) -> None:
    """Put a cell where it belongs: into a field, or into the metadata."""
    field = name if name == "member_id" else name.removeprefix(MEMBER)
    if field.startswith(METADATA):
        cast("dict[str, str]", fields.setdefault("metadata", {}))[field.removeprefix(METADATA)] = cell
    else:
        fields[field] = cell


def _cells(fields: Mapping[str, object], prefix: str) -> dict[str, str]:
    """Make the cells that these fields came from."""
    cells = {
        name if name == "member_id" else prefix + name: str(value)
        for name, value in fields.items()
        if name not in NO_TEXT
    }
    metadata = cast("Mapping[str, str]", fields.get("metadata") or {})
    return {**cells, **{f"{prefix}{METADATA}{key}": value for key, value in metadata.items()}}
