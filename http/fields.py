"""Fields of requests: what they may hold, and how they are normalised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, TypeVar

import iso4217
import msgspec
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from seatkeeper.actors.aggregates.external import MOST_BYTES, MOST_ENTRIES, size_of
from seatkeeper.http.server.requests import UUID
from seatkeeper.http.server.validation import FieldError

U = TypeVar("U", None, msgspec.UnsetType, msgspec.UnsetType | None)

_END = r"$(?!\n)"  # in Python, $ alone also matches before a line feed at the end
_UUID_7 = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"

# Ranges of code points, from Unicode's Default_Ignorable_Code_Point and Bidi_Control. Those in planes of their own are
# in no pattern of the OpenAPI document: Python and JavaScript write them differently.
_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_DIRECTIONS = r"\u202a-\u202e\u2066-\u2069"
_UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff"
    r"\uffa0\ufff0-\ufffb"
)
_UNSEEN_PLANES = (
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
_TAGS = r"\U000e0020-\U000e007f"
_JOINERS = r"\u200c\u200d"
_SELECTORS = r"\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_VIRAMAS = r"\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039"
_PLAIN = r"\s!-~\u00c0-\u058f\u1e00-\u1fff\u2800"  # spaces, and letters that neither join nor have variations
_control = re.compile(f"[{_CONTROLS}]").search
_direction = re.compile(f"[{_DIRECTIONS}]").search
# Names are written with joiners, selectors and tags: in Persian, in Malayalam, in emoji, in the flags of Scotland and
# Wales. They stay where they do something, and are refused where nobody can see that they are there.
_unseen = re.compile(
    rf"[{_DIRECTIONS}{_UNSEEN}{_UNSEEN_PLANES}]"
    rf"|(?<![^{_PLAIN}{_JOINERS}])[{_JOINERS}]|(?<![{_VIRAMAS}])[{_JOINERS}](?![^{_PLAIN}{_SELECTORS}])"
    rf"|(?<![^{_PLAIN}{_JOINERS}{_SELECTORS}])[{_SELECTORS}](?!\u20e3)"
    rf"|(?<![\U0001f3f4{_TAGS}])[{_TAGS}]|[\U000e0020-\U000e007e](?![{_TAGS}])"
).search
_is_blank = re.compile(rf"[\s\u2800{_DIRECTIONS}{_UNSEEN}{_UNSEEN_PLANES}{_TAGS}{_JOINERS}{_SELECTORS}]*").fullmatch

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_RESERVED = "|".join(re.escape(name) for name in SPECIAL_USE_DOMAIN_NAMES if name != "test")
_ORDINARY_EMAIL = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*"
    rf"@(?!(?:.*\.)?(?:{_RESERVED})\Z)(?:(?!..--)[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+[a-z]{{2,63}}"
)
_is_ordinary_email = _ORDINARY_EMAIL.fullmatch


def _described(refused: str, longest: int, description: str) -> msgspec.Meta:
    pattern = rf"^[^{refused}]*[^\s\u2800{refused}][^{refused}]*$"
    return msgspec.Meta(
        extra_json_schema={"minLength": 1, "maxLength": longest, "pattern": pattern, "description": description}
    )


Name: TypeAlias = Annotated[
    str,
    _described(
        _CONTROLS + _DIRECTIONS + _UNSEEN,
        200,
        "Trimmed and NFC-normalised. No control characters, and no invisible ones but those that join or vary others.",
    ),
]
Reason: TypeAlias = Annotated[
    str,
    _described(
        _CONTROLS + _DIRECTIONS,
        500,
        "Trimmed and NFC-normalised. No control characters, none that turn the direction of text, and not only"
        " invisible ones.",
    ),
]
Email: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        extra_json_schema={
            "maxLength": 254,
            "format": "idn-email",
            "pattern": r"^[^@\s\u0000-\u001f\u007f-\u009f]{1,64}@[^@\s\u0000-\u001f\u007f-\u009f]+$",
            "description": "Without a display name, quotes or an IP address. Stored with its domain in small letters"
            " and in Unicode. Unique inside an account: letters are compared case-folded, and domains in ASCII.",
        }
    ),
]
ExternalId: TypeAlias = Annotated[
    str,
    _described(
        _CONTROLS + _DIRECTIONS + _UNSEEN,
        255,
        "The id that another system has for it. Trimmed and NFC-normalised, compared exactly. No control characters,"
        " and no invisible ones but those that join or vary others.",
    ),
]
LONGEST_KEY, LONGEST_VALUE = 40, 500
MOST_CHANGES = 2 * MOST_ENTRIES
"""Entries of one change of metadata: as many as can be removed, and as many as can be put in their place."""


MetadataKey: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        extra_json_schema={
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "pattern": f"^[^{_CONTROLS}{_DIRECTIONS}{_UNSEEN}]*$",
        }
    ),
]


def _entries(most: int, kinds: list[str], description: str) -> msgspec.Meta:
    text = f"^[^{_CONTROLS}]*$"
    schema = {
        "maxProperties": most,
        "propertyNames": msgspec.json.schema(MetadataKey),
        "additionalProperties": {"type": kinds, "maxLength": LONGEST_VALUE, "pattern": text},
        "description": f"{description} {MOST_BYTES} bytes in UTF-8 at most, keys and values together.",
    }
    return msgspec.Meta(extra_json_schema=schema)


if TYPE_CHECKING:
    Metadata: TypeAlias = dict[str, str]
    MetadataChange: TypeAlias = dict[str, str | None]
else:  # msgspec does not say under which key a value is wrong; metadata() below does
    Metadata = Annotated[dict, _entries(MOST_ENTRIES, ["string"], "Texts by name, for the clients' own use.")]
    MetadataChange = Annotated[
        dict, _entries(MOST_CHANGES, ["string", "null"], "Entries to put into the metadata; null removes one.")
    ]

PLAN_TYPE = rf"^[A-Za-z0-9_-]{{1,50}}{_END}"
ANY_ID = f"^{UUID}{_END}"
NEW_ID = f"^{_UUID_7}{_END}"

_UUID_FORMAT = {"format": "uuid"}

PlanType: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=PLAN_TYPE, extra={"expected": "1 to 50 letters, digits, - or _"})
]
Id: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=ANY_ID, extra_json_schema=_UUID_FORMAT, extra={"expected": "a UUID"})
]
NewId: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=NEW_ID, extra_json_schema=_UUID_FORMAT, extra={"expected": "a UUID of version 7"})
]


def _currencies() -> tuple[str, ...]:
    """List the codes in ISO 4217's table that have minor units (metals have none) and are no funds."""
    found = {
        entry.findtext("Ccy", "")
        for entry in iso4217.raw_xml.iterfind("CcyTbl/CcyNtry")
        if entry.findtext("CcyMnrUnts", "").isdigit() and entry.find("CcyNm[@IsFund]") is None
    }
    return tuple(sorted(found))


if TYPE_CHECKING:
    CurrencyCode: TypeAlias = str
else:
    CurrencyCode = Literal[_currencies()]
Currency: TypeAlias = Annotated[
    CurrencyCode, msgspec.Meta(extra={"expected": "a currency as ISO 4217 writes it, like EUR"})
]

AnyCurrency: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^[A-Z]{{3}}{_END}",
        description="The currency of the account, which may be one that has ended since (ISO 4217).",
        extra={"expected": "a currency as ISO 4217 writes it, like EUR"},
    ),
]


def name(field: str, value: str) -> str:
    """Clean a name: nothing invisible but what joins, normalised, trimmed, 1 to 200 characters; raise FieldError."""
    return _visible(field, value, 200)


def _visible(field: str, value: str, longest: int) -> str:
    if value.isascii() and value.isprintable() and (text := value.strip()) and len(text) <= longest:
        return text
    if found := _unseen(value):
        raise FieldError(field, f"Expected no invisible characters, such as U+{ord(found[0]):04X}")
    return _text(field, value, longest)


def name_if_given(field: str, value: str | U) -> str | U:
    """Clean a name, unless it was left out."""
    return name(field, value) if isinstance(value, str) else value


def reason(field: str, value: str) -> str:
    """Clean a reason: nothing that turns its direction, normalised, trimmed, 1 to 500 characters; raise FieldError.

    Nobody compares reasons: what is invisible may stay, if something is visible.
    """
    if not value.isascii() and (found := _direction(value)):
        raise FieldError(
            field, f"Expected no characters that turn the direction of text, such as U+{ord(found[0]):04X}"
        )
    return _text(field, value, 500)


def reason_if_given(field: str, value: str | U) -> str | U:
    """Clean a reason, unless it was left out."""
    return reason(field, value) if isinstance(value, str) else value


def _text(field: str, value: str, longest: int) -> str:
    if _control(value):
        raise FieldError(field, "Expected no control characters")
    text = unicodedata.normalize("NFC", value).strip()
    if not text or len(text) > longest or (not text.isascii() and _is_blank(text)):
        raise FieldError(field, f"Expected 1 to {longest} characters")
    return text


def external_id(field: str, value: str) -> str:
    """Clean an external id as a name is cleaned, 1 to 255 characters; raise FieldError."""
    return _visible(field, value, 255)


def external_id_if_given(field: str, value: str | U) -> str | U:
    """Clean an external id, unless it was left out."""
    return external_id(field, value) if isinstance(value, str) else value


def check_metadata(field: str, value: Mapping[str, object] | msgspec.UnsetType | None, *, change: bool = False) -> None:
    """Check metadata, or a change of it, in which null is taken too; raise FieldError, which names the key."""
    if not value:
        return
    most = MOST_CHANGES if change else MOST_ENTRIES
    if len(value) > most:
        raise FieldError(field, f"Expected at most {most} entries")
    texts: dict[str, str] = {}
    for key, text in value.items():
        _check_key(field, key)
        if isinstance(text, str) and len(text) <= LONGEST_VALUE:
            texts[key] = text
        elif text is not None or not change:
            or_null = " or null" if change else ""
            raise FieldError(field, f"Expected a string of at most {LONGEST_VALUE} characters{or_null}", key)
        if _control(texts.get(key, "")):
            raise FieldError(field, "Expected no control characters", key)
    if size_of(texts) > MOST_BYTES:
        raise FieldError(field, f"Expected at most {MOST_BYTES} bytes of keys and values in UTF-8")


def _check_key(field: str, key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY:
        raise FieldError(field, f"Expected a key of 1 to {LONGEST_KEY} characters", key)
    if _control(key) or (not key.isascii() and _unseen(key)):
        raise FieldError(field, "Expected a key without control characters and invisible ones", key)


def email(field: str, value: str) -> str:
    """Clean an e-mail address: its domain in small letters and in Unicode; raise FieldError for what is none.

    email-validator decides, in 50 us. What the pattern takes, in 1 us, the library would return as it is.
    """
    short = len(value) <= 254  # noqa: PLR2004 - RFC 5321's limit
    if short and _is_ordinary_email(value):
        return value
    expected = "Expected an e-mail address of at most 254 characters"
    if not short:
        raise FieldError(field, expected)
    try:
        return validate_email(value, strict=True, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise FieldError(field, f"{expected}. {error}") from None


def email_if_given(field: str, value: str | U) -> str | U:
    """Clean an e-mail address, unless it was left out."""
    return email(field, value) if isinstance(value, str) else value
