"""The words of an account in the full-text index: every three characters of its name, its plan and its status.

FTS5's own trigrams drop names and queries of one and two characters. Here a name is followed by two marks, so each
character of it begins a word, and a short query is the beginning of a word.
"""

from __future__ import annotations

LENGTH = 3
"""Characters of a word."""

SEPARATOR, MARK = "\n", "\ue000"
"""Between two words; and what follows a name, and begins a plan and a status, so that no part of a name finds these.

The tokenizer takes every character but control characters into a word.
"""

SHORT = 10
"""Words of a query that are all looked up, because those between two common parts of names may be rare."""

SPREAD = 6
"""Words of a longer query that are looked up, evenly spread; the rest is compared with the name.

Each word costs up to 3 ms with a million names: all 26 of a long one took up to 27 ms, and 6 of them 8 ms.
"""

_IN_NAMES = str.maketrans(dict.fromkeys([*range(32), 127, ord(MARK)], " "))
"""Names have no control characters today. Those of old events, and the mark, are blanks in names and queries alike."""


def words(name: str, plan_id: str, status: str) -> str:
    """Return the words of an account, whose name is case-folded, as they are written to the index."""
    text = name.translate(_IN_NAMES) + MARK * (LENGTH - 1)
    of_name = [text[start : start + LENGTH] for start in range(len(text) - LENGTH + 1)]
    return SEPARATOR.join([*of_name, *_marked(plan_id, status)])


def match(part: str, plan_id: str | None = None, status: str | None = None) -> str:
    """Return the query for accounts of a plan and a status whose names may contain this part.

    The part is case-folded and not empty. None is any plan or status.
    """
    return " AND ".join([*_of_part(part.translate(_IN_NAMES)), *map(_quoted, _marked(plan_id, status))])


def _of_part(text: str) -> list[str]:
    if len(text) < LENGTH:
        return [f"{_quoted(text)} *"]
    last = len(text) - LENGTH
    starts = range(last + 1) if last < SHORT else [last * number // (SPREAD - 1) for number in range(SPREAD)]
    return [_quoted(text[start : start + LENGTH]) for start in starts]


def _marked(plan_id: str | None, status: str | None) -> list[str]:
    """Return the words of a plan and a status; most accounts are active, which has no word."""
    return [MARK + value for value in (plan_id, status) if value not in {None, "active"}]


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
