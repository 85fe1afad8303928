"""Reading forms: from what a browser sends to the body of a call."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.http.api.accounts.many import ManyMembers
from seatkeeper.http.api.accounts.members import MemberChange
from seatkeeper.http.api.accounts.terms import OtherPlan, TrialEnd
from seatkeeper.http.api.api_keys import NewApiKey
from seatkeeper.http.api.plans import NewPlan, PlanChange
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.console.forms.fields import fields_of
from seatkeeper.http.console.forms.reading import read_body


def body(kind: type[msgspec.Struct], **sent: list[str]) -> dict[str, object]:
    return read_body(fields_of(kind), {name.replace("__", "/"): values for name, values in sent.items()})


def test_a_hint_says_how_a_field_is_filled_in_and_what_it_is() -> None:
    hints = {field.name: field.hint for kind in (NewPlan, OtherPlan) for field in fields_of(kind)}
    assert "8192 bytes" in hints["/metadata"]
    assert hints["/metadata"].endswith("One on each line, as name: value.")
    (changed,) = (field.hint for field in fields_of(MemberChange) if field.name == "/metadata")
    assert changed.endswith("One on each line, as name: value; a line without a value removes the entry.")
    assert hints["/keep"].endswith("One on each line.")
    assert hints["/effective_at"].endswith("In UTC.")


def test_what_is_left_empty_is_left_out() -> None:
    assert body(MemberChange, __name=["  "], __email=[""]) == {}


def test_a_box_sends_null() -> None:
    assert read_body(fields_of(MemberChange), {"null:/email": ["on"]}) == {"email": None}


def test_metadata_is_read_line_by_line() -> None:
    sent = {"/metadata": ["sold_by: Charles: 1\r\n\r\nold:\r\n"]}
    assert read_body(fields_of(MemberChange), sent) == {"metadata": {"sold_by": "Charles: 1", "old": None}}


@pytest.mark.parametrize(
    ("sent", "then"),
    [
        ({"/trial/then": ["suspend"]}, "suspend"),
        ({"/trial/then/plan_id": ["x"]}, {"plan_id": "x"}),
    ],
)
def test_a_word_or_an_object_is_either(sent: dict[str, list[str]], then: object) -> None:
    read = read_body(fields_of(NewPlan), {"/trial/days": ["14"], **sent})
    assert read["trial"] == {"days": 14, "then": then}


def test_an_object_of_which_nothing_is_filled_in_is_left_out() -> None:
    assert "trial" not in read_body(fields_of(PlanChange), {"/trial/days": [""], "/trial/then": [""]})


def test_several_choices_are_a_list() -> None:
    assert body(NewApiKey, __scopes=["keys", "webhooks"]) == {"scopes": ["keys", "webhooks"]}


def test_lines_are_a_list() -> None:
    assert body(OtherPlan, __keep=["a\r\n b \r\n"]) == {"keep": ["a", "b"]}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2036-12-01T00:00", "2036-12-01T00:00:00+00:00"),
        ("2036-12-01T00:00:00+02:00", "2036-12-01T00:00:00+02:00"),
        ("soon", "soon"),
    ],
)
def test_a_time_without_an_offset_is_in_utc(given: str, read: str) -> None:
    assert body(TrialEnd, __ends_at=[given]) == {"ends_at": read}


def test_rows_without_anything_are_left_out() -> None:
    sent = {"/members/0/name": [""], "/members/1/name": ["Bob"], "/members/1/seated": ["yes"]}
    assert read_body(fields_of(ManyMembers), sent) == {"members": [{"name": "Bob", "seated": True}]}


@pytest.mark.parametrize("place", ["9" * 5_000, "²", "-1", ""])
def test_what_is_no_place_in_a_list_is_no_row(place: str) -> None:
    assert read_body(fields_of(ManyMembers), {f"/members/{place}/name": ["Bob"]}) == {}


def test_what_is_no_number_goes_on_as_it_is() -> None:
    read = read_body(fields_of(NewPlan), {"/package/user_limit": ["many"], "/package/total_seats": ["1e3"]})
    assert read["package"] == {"user_limit": "many", "total_seats": "1e3"}


@pytest.mark.parametrize("kind", [route.body for route in ROUTES if route.body], ids=lambda kind: kind.__name__)
def test_every_body_has_fields_for_all_that_it_takes(kind: type[msgspec.Struct]) -> None:
    assert [field.name for field in fields_of(kind)] == [
        f"/{field.encode_name}" for field in msgspec.structs.fields(kind)
    ]
