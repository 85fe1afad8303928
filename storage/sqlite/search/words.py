"""The words of a name in the full-text index: every three characters that follow one another.

FTS5's own trigrams drop names and queries of one and two characters. Here a name is followed by two marks, so each
character of it begins a word, and a short query is the beginning of a word.
"""

from __future__ import annotations

LENGTH = 3
"""Characters of a word."""

SEPARATOR, END = "\n", "\ue000"
"""Between two words, and after a name. The tokenizer takes every character but control characters into a word."""

SHORT = 10
"""Words of a query that are all looked up, because those between two common parts of names may be rare."""

SPREAD = 6
"""Words of a longer query that are looked up, evenly spread; the rest is compared with the name.

Each word costs up to 3 ms with a million names: all 26 of a long one took up to 27 ms, and 6 of them 8 ms.
"""

_IN_NAMES = str.maketrans(dict.fromkeys([*range(32), 127], " "))
"""Names have no control characters today. Those of old events are blanks here, in names and queries alike."""


def words(name: str) -> str:
    """Return the words of a case-folded name, as they are written to the index."""
    text = name.translate(_IN_NAMES) + END * (LENGTH - 1)
    return SEPARATOR.join([text[start : start + LENGTH] for start in range(len(text) - LENGTH + 1)])


def match(part: str) -> str:
    """Return the query for the names that may contain this part, which is case-folded and not empty."""
    text = part.translate(_IN_NAMES)
    if len(text) < LENGTH:
        return f"{_quoted(text)} *"
    last = len(text) - LENGTH
    starts = range(last + 1) if last < SHORT else [last * number // (SPREAD - 1) for number in range(SPREAD)]
    return " AND ".join(_quoted(text[start : start + LENGTH]) for start in starts)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
