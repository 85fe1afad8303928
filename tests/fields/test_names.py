"""Names, external ids and reasons in requests: what people write stays, and what nobody can see is refused."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.http import fields
from seatkeeper.http.server.validation import FieldError
from tests import suite

EXAMPLES = suite.pick(short=300, middle=1_000, long=50_000)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
TAKEN = {
    "a family": FAMILY,
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "a runner": "\U0001f3c3\U0001f3fd\u200d\u2640\ufe0f Club",
    "a keycap": "1\ufe0f\u20e3 Ltd",
    "the flag of Scotland": SCOTLAND,
    "Persian": "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc",
    "Hindi": "\u0930\u093e\u0915\u094d\u200d\u0937\u0940",
    "Malayalam with a joiner at the end": "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3 Lanka",
    "Mongolian with a separated vowel": "\u1820\u180e\u1828",
    "a variant of a Chinese character": "\u845b\U000e0100\u57ce",
    "Hebrew": "\u05d3\u05d5\u05d3",
    "Arabic with a number sign": "\u0600\u0661",
    "an apostrophe": "O\u2019Brien",
    "a wide space": "\u5c71\u7530\u3000\u592a\u90ce",
    "a no-break space": "Ada\u00a0Lovelace",
    "a private character": "\uf8ff Inc",
    "a character of a later Unicode": "\U0001fadf",
}
INVISIBLE = {
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "combining grapheme joiner": "\u034f",
    "mark from left to right": "\u200e",
    "mark from right to left": "\u200f",
    "Arabic letter mark": "\u061c",
    "invisible separator": "\u2063",
    "Hangul filler": "\u3164",
    "Hangul filler of half a width": "\uffa0",
    "Khmer inherent vowel": "\u17b4",
    "annotation anchor": "\ufff9",
    "musical format": "\U0001d173",
    "language tag": "\U000e0001",
    "tag": "\U000e0041",
    "joiner": "\u200d",
    "non-joiner": "\u200c",
    "selector": "\ufe0f",
    "selector of a far plane": "\U000e0100",
}
DIRECTIONS = [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]
BLANK = ["", " ", "\u00a0", "\u3000", "\u2003 \u00a0", "\u2800", " \u2800 "]
CONTROLS = [*"\x00\t\n\x1b\x7f\x85\x9f\u2028\u2029"]
MISPLACED = {
    "a joiner between Latin letters": "A\u200dda",
    "a non-joiner between accented letters": "\u00e9\u200c\u00e9",
    "a joiner after emoji": "\U0001f469\u200d",
    "two joiners": "\U0001f469\u200d\u200d\U0001f4bb",
    "a non-joiner at the end": "\u0646\u0627\u0645\u0647\u200c",
    "a selector after a letter": "Ada\ufe0f",
    "two selectors": "\u2764\ufe0f\ufe0e",
    "a tag after a letter": "Ada\U000e0041",
    "a flag without its end": "\U0001f3f4\U000e0067\U000e0062",
}
EACH = pytest.mark.parametrize("clean", [fields.name, fields.reason, fields.external_id])


def refused(clean: Callable[[str, str], str], text: str) -> str:
    """The detail of the refusal."""
    with pytest.raises(FieldError) as caught:
        clean("name", text)
    return str(caught.value)


@EACH
@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_people_write_stays(clean: Callable[[str, str], str], text: str) -> None:
    assert clean("name", text) == text


@EACH
@pytest.mark.parametrize("text", BLANK)
def test_a_blank_is_no_text(clean: Callable[[str, str], str], text: str) -> None:
    assert refused(clean, text).startswith("Expected 1 to ")


@EACH
@pytest.mark.parametrize("text", CONTROLS, ids=ascii)
def test_text_has_one_line_and_no_controls(clean: Callable[[str, str], str], text: str) -> None:
    assert refused(clean, f"Ada{text}Lovelace") == "Expected no control characters"


@EACH
@pytest.mark.parametrize("character", DIRECTIONS, ids=ascii)
def test_nothing_turns_the_direction_of_text(clean: Callable[[str, str], str], character: str) -> None:
    assert refused(clean, f"Ada{character}ecalevoL").endswith(f", such as U+{ord(character):04X}")


@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE)
def test_a_name_has_no_invisible_characters(character: str) -> None:
    for text in (character, f"Ada{character}", f"{character}Ada", f"A{character}da", f"Ada {character}"):
        assert refused(fields.name, text) == f"Expected no invisible characters, such as U+{ord(character):04X}"


@pytest.mark.parametrize("text", MISPLACED.values(), ids=MISPLACED)
def test_a_joiner_or_selector_that_does_nothing_is_invisible_in_a_name(text: str) -> None:
    assert refused(fields.name, text).startswith("Expected no invisible characters")


@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE)
def test_a_reason_may_have_invisible_characters_among_others(character: str) -> None:
    assert refused(fields.reason, f" {character}{character} ") == "Expected 1 to 500 characters"
    assert fields.reason("reason", f"un{character}paid") == f"un{character}paid"


def test_a_text_is_trimmed_and_composed() -> None:
    assert fields.name("name", "\u00a0 Rene\u0301e \u3000") == "Ren\u00e9e"
    assert fields.reason("reason", "\u2003une re\u0301ponse ") == "une r\u00e9ponse"


def test_a_text_has_a_longest_length() -> None:
    assert refused(fields.name, "\u00e9" * 201) == "Expected 1 to 200 characters"
    assert refused(fields.reason, "e" * 501) == "Expected 1 to 500 characters"
    assert len(fields.name("name", "\U0001f469" * 200)) == 200


def test_every_format_character_is_refused_in_a_latin_name_unless_it_is_seen() -> None:
    seen = []
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        if unicodedata.category(character) in {"Cf", "Zl", "Zp"}:
            try:
                seen.append(fields.name("name", f"A{character}da"))
            except FieldError:
                continue
    drawn = ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN")  # signs that stand above, below or around the next characters
    assert [text for text in seen if not unicodedata.name(text[1]).startswith(drawn)] == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(st.one_of(st.sampled_from("a \u200c\u200d\ufe0f\u0301\U0001f469\u094d\u202e\u2800"), st.characters())))
def test_a_cleaned_text_is_clean(text: str) -> None:
    for clean in (fields.name, fields.reason, fields.external_id):
        try:
            once = clean("name", text)
        except FieldError:
            continue
        assert clean("name", once) == once
