"""Scopes: what each includes."""

from __future__ import annotations

import itertools

import pytest

from seatkeeper.actors.access.scopes import SCOPES, first_beyond, includes, ordered

WRITES = {"plans:write": "plans:read", "accounts:write": "accounts:read"}


@pytest.mark.parametrize(("granted", "wanted"), list(itertools.product(SCOPES, SCOPES)))
def test_a_scope_includes_itself_its_reads_and_nothing_else(granted: str, wanted: str) -> None:
    expected = granted in {wanted, "admin"} or WRITES.get(granted) == wanted
    assert includes(frozenset({granted}), wanted) is expected


@pytest.mark.parametrize("wanted", SCOPES)
def test_no_scope_includes_nothing(wanted: str) -> None:
    assert not includes(frozenset(), wanted)


def test_two_scopes_include_what_either_does() -> None:
    assert includes({"keys", "plans:write"}, "plans:read")


def test_the_first_scope_beyond_is_named() -> None:
    assert first_beyond({"keys", "accounts:write"}, ["keys", "accounts:read", "webhooks", "admin"]) == "webhooks"


def test_keys_alone_is_not_admin() -> None:
    assert first_beyond({"keys"}, ["admin"]) == "admin"


def test_nothing_is_beyond_what_is_granted() -> None:
    assert first_beyond({"plans:write"}, ["plans:read", "plans:write"]) is None
    assert first_beyond({"admin"}, SCOPES) is None


def test_scopes_have_one_order() -> None:
    assert ordered(["admin", "plans:read", "admin"]) == ("plans:read", "admin")
