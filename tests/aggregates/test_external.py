"""External ids and metadata, for every kind of aggregate: how a change is merged, and what refuses it."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.aggregates.external import (
    ExternalIdTaken,
    Metadata,
    MetadataChange,
    MetadataTooLarge,
    differing,
    merged,
    size_of,
)
from seatkeeper.actors.aggregates.messages import Refusal

SENTENCES: list[tuple[Refusal, str, str]] = [
    (
        ExternalIdTaken("account", "crm-7"),
        "external-id-taken",
        "External id taken: another account has crm-7. Use another one, or change that account first.",
    ),
    (
        MetadataTooLarge(51, 341, 50, 8192),
        "metadata-too-large",
        "Metadata too large: 51 entries and 341 bytes, of 50 and 8192. Remove some.",
    ),
]


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert (str(refusal), refusal.slug()) == (sentence, slug)


@pytest.mark.parametrize(
    ("metadata", "change", "after"),
    [
        (None, {}, None),
        (None, {"a": "1"}, {"a": "1"}),
        ({"a": "1"}, {"b": "2"}, {"a": "1", "b": "2"}),
        ({"a": "1"}, {"a": ""}, {"a": ""}),
        ({"a": "1", "b": "2"}, {"a": None}, {"b": "2"}),
        ({"a": "1"}, {"a": None}, None),
    ],
)
def test_a_change_is_merged(metadata: Metadata | None, change: MetadataChange, after: Metadata | None) -> None:
    assert merged(metadata, change) == after


def test_metadata_is_replaced_and_not_changed_in_place() -> None:
    metadata = {"a": "1"}
    assert merged(metadata, {"a": "2"}) == {"a": "2"}
    assert metadata == {"a": "1"}


def test_a_change_that_was_not_given_changes_nothing() -> None:
    assert differing({"a": "1"}, msgspec.UNSET) == {}


def test_bytes_are_counted_in_utf_8() -> None:
    assert size_of({"ø": "€"}) == 2 + 3


def test_metadata_may_be_as_large_as_its_bounds() -> None:
    change: MetadataChange = {"a": "b" * 8191}
    assert differing(None, change) == change


def test_one_byte_more_is_refused() -> None:
    assert differing({"a": "b" * 8190}, {"c": ""}) == {"c": ""}
    assert differing({"a": "b" * 8191}, {"c": ""}) == MetadataTooLarge(2, 8193, 50, 8192)


def test_what_was_too_large_before_can_be_made_smaller_only_into_its_bounds() -> None:
    large = {"a": "b" * 9000, "c": "d" * 9000}
    assert isinstance(differing(large, {"a": None}), MetadataTooLarge)
    assert differing(large, {"a": None, "c": None}) == {"a": None, "c": None}
