"""Fields of requests: what they may hold, and how they are normalised."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec

from seatkeeper.http.server.requests import UUID
from seatkeeper.http.server.validation import FieldError

U = TypeVar("U", None, msgspec.UnsetType)

_END = r"$(?!\n)"  # in Python, $ alone also matches before a line feed at the end
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UUID_7 = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
_is_email = re.compile(r"[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+").fullmatch


def _described(longest: int, **schema: object) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema={"minLength": 1, "maxLength": longest, **schema})


Name: TypeAlias = Annotated[
    str,
    _described(
        200,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        description="Trimmed and NFC-normalised; no control characters.",
    ),
]
Reason: TypeAlias = Annotated[
    str,
    _described(
        500,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        description="Trimmed and NFC-normalised; no control characters.",
    ),
]
Email: TypeAlias = Annotated[
    str,
    _described(
        254,
        pattern=r"^[^@\s\u0000-\u001f\u007f-\u009f]+@[^@\s\u0000-\u001f\u007f-\u009f]+$",
        description="Something, an @ and something, without spaces. Unique inside an account, compared case-folded.",
    ),
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

# The codes of ISO 4217 in use as money, without metals, funds, and those for tests and for no currency.
CurrencyCode: TypeAlias = Literal[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP",
    "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP",
    "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD",
    "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD",
    "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN",
    "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB",
    "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL",
    "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES",
    "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
]  # fmt: skip
Currency: TypeAlias = Annotated[
    CurrencyCode, msgspec.Meta(extra={"expected": "a currency as ISO 4217 writes it, like EUR"})
]


def name(field: str, value: str, longest: int = 200) -> str:
    """Clean a name: no control characters, normalised, trimmed, 1 to `longest` characters; raise FieldError."""
    if value.isascii() and value.isprintable():
        text = value.strip()
    elif _CONTROL.search(value):
        raise FieldError(field, "Expected no control characters")
    else:
        text = unicodedata.normalize("NFC", value).strip()
    if not text or len(text) > longest:
        raise FieldError(field, f"Expected 1 to {longest} characters")
    return text


def name_if_given(field: str, value: str | U, longest: int = 200) -> str | U:
    """Clean a name, unless it was left out."""
    return name(field, value, longest) if isinstance(value, str) else value


def email(field: str, value: str) -> str:
    """Clean an e-mail address: normalised, at most 254 characters, one @ inside, no spaces; raise FieldError."""
    text = value if value.isascii() else unicodedata.normalize("NFC", value)
    if len(text) > 254 or not _is_email(text):  # noqa: PLR2004 - RFC 5321's limit
        raise FieldError(field, "Expected an e-mail address of at most 254 characters")
    return text


def email_if_given(field: str, value: str | U) -> str | U:
    """Clean an e-mail address, unless it was left out."""
    return email(field, value) if isinstance(value, str) else value
