"""The words of names: through them a search finds exactly the names that contain what is sought."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.storage.sqlite.search.words import MARK, match, words
from tests.accounts.past import FREE, TEAM
from tests.suite import pick

EXAMPLES = pick(short=300, middle=2_000, long=20_000)

CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=MARK)
NAMES = st.lists(st.text(CHARACTERS, min_size=1, max_size=30), max_size=8)
MARKED = st.lists(st.text(CHARACTERS | st.just(MARK), min_size=1, max_size=30), max_size=8)
PARTS = st.text(CHARACTERS, min_size=1, max_size=6)


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    """The index of words, as the schema has it."""
    schema = resources.files("seatkeeper.storage.sqlite.file").joinpath("schema.sql").read_text("utf-8")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(schema)
        yield connection


def candidates(
    index: sqlite3.Connection, names: Sequence[str], part: str, plan_id: str | None = None, status: str | None = None
) -> set[str]:
    """Take the names of suspended accounts of the plan `TEAM` in, and look the part up."""
    index.execute("BEGIN")
    try:
        rows = [(number, words(name.casefold(), TEAM, "suspended")) for number, name in enumerate(names)]
        index.executemany("INSERT INTO account_words (rowid, words) VALUES (?, ?)", rows)
        query = match(part.casefold(), plan_id, status)
        found = index.execute("SELECT rowid FROM account_words WHERE account_words MATCH ?", [query])
        return {names[number] for (number,) in found}
    finally:
        index.execute("ROLLBACK")


def containing(names: list[str], part: str) -> set[str]:
    return {name for name in names if part.casefold() in name.casefold()}


@settings(max_examples=EXAMPLES, deadline=None)
@given(names=NAMES | MARKED, part=PARTS, data=st.data())
def test_every_name_that_contains_the_part_is_a_candidate(
    index: sqlite3.Connection, names: list[str], part: str, data: st.DataObject
) -> None:
    if names:
        name = data.draw(st.sampled_from(names))
        start = data.draw(st.integers(0, len(name) - 1))
        part = data.draw(st.sampled_from([part, name[start:], name[start : start + 1], name[start : start + 2]]))
    assert containing(names, part) <= candidates(index, names, part)
    assert candidates(index, names, part) == candidates(index, names, part, TEAM, "suspended")
    assert candidates(index, names, part, FREE) == candidates(index, names, part, None, "closed") == set()


@settings(max_examples=EXAMPLES, deadline=None)
@given(names=NAMES, part=PARTS)
def test_a_part_of_three_characters_and_less_has_no_other_candidates(
    index: sqlite3.Connection, names: list[str], part: str
) -> None:
    if len(part.casefold()) <= 3:
        assert candidates(index, names, part) == containing(names, part)


@pytest.mark.parametrize("part", ['"', "'", "*", "^", "a b", "AND", "NEAR(", "-a", "\\", "\n", "\x00"])
def test_what_means_something_to_a_query_language_is_taken_as_it_is(index: sqlite3.Connection, part: str) -> None:
    assert candidates(index, [f"x{part}y", "other"], part) == {f"x{part}y"}


@pytest.mark.parametrize(
    "part", [MARK, MARK + TEAM[0], MARK * 2, MARK * 3, f"{MARK}{TEAM}", f"a{MARK}", TEAM, "s", "su"]
)
def test_what_begins_like_the_word_of_a_plan_or_a_status_finds_names_only(index: sqlite3.Connection, part: str) -> None:
    assert candidates(index, ["Ada", f"x{part}y"], part) == {f"x{part}y"}


def test_an_active_account_has_no_word_of_its_status() -> None:
    assert words("ada", TEAM, "active") == f"ada\nda{MARK}\na{MARK * 2}\n{MARK}{TEAM}"
    assert match("ada", None, "active") == '"ada"'
