"""The client has every call of the route table, with the fields, the types and the answers that it has there."""

from __future__ import annotations

import inspect
import types
from typing import Literal, Union, get_args, get_origin

import msgspec
import pytest

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.client import Money, Percent, Problem, Seatkeeper, problems
from seatkeeper.http.client.errors import own_fields
from seatkeeper.http.client.structs.answers import Member, Plan
from seatkeeper.http.openapi.problems import problem_schemas
from seatkeeper.http.server.problems import PROBLEMS
from seatkeeper.http.server.routes import Route
from tests.client.shapes import Shape, differences, shape_of
from tests.client.surface import Asked, methods

TABLE = {(route.method, route.path): route for route in ROUTES}
ASKED = list(methods())
MOMENTS = {"as_of", "from", "to"}
"""What the client takes as a time or a number, and the service as a text."""


def named(asked: Asked) -> str:
    """Name a method, for the name of a test."""
    return asked.name


def route_of(asked: Asked) -> Route:
    """The row of the route table that a method goes to."""
    return TABLE[asked.route]


def fields_of(kind: type[msgspec.Struct]) -> dict[str, object]:
    """The types of the fields of a struct, by their names in JSON."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def without_unset(kind: object) -> object:
    """A type without that of what was not given."""
    if get_origin(kind) in {Union, types.UnionType}:
        return Union[tuple(one for one in get_args(kind) if one is not msgspec.UnsetType)]  # noqa: UP007 - made at run time
    return kind


def test_every_call_of_the_table_has_one_method() -> None:
    assert sorted(asked.route for asked in ASKED) == sorted(TABLE)


@pytest.mark.parametrize("asked", ASKED, ids=named)
def test_a_method_reads_what_its_call_answers(asked: Asked) -> None:
    route = route_of(asked)
    if route.streams:
        return
    answer = types.NoneType if route.answer is None else route.answer
    assert differences(shape_of(answer), shape_of(asked.call.answer)) == []


@pytest.mark.parametrize("asked", ASKED, ids=named)
def test_a_method_sends_the_fields_of_its_call(asked: Asked) -> None:
    route = route_of(asked)
    if route.writes:
        assert route.body is not None
        assert set(asked.call.body or ()) == set(fields_of(route.body))
        assert asked.call.query == {}
    else:
        assert set(asked.call.query) == set(fields_of(route.query))
        assert asked.call.body is None


@pytest.mark.parametrize("asked", [asked for asked in ASKED if asked.call.body], ids=named)
def test_a_method_takes_each_field_of_the_body_with_its_type(asked: Asked) -> None:
    body = route_of(asked).body
    assert body is not None
    required = {field.encode_name for field in msgspec.structs.fields(body) if field.required}
    assert set(asked.types) - asked.optional == required
    theirs = {name: shape_of(kind) for name, kind in fields_of(body).items()}
    mine = {name: shape_of(without_unset(kind)) for name, kind in asked.types.items()}
    assert [found for name in theirs for found in differences(theirs[name], mine[name], name)] == []


@pytest.mark.parametrize("asked", [asked for asked in ASKED if asked.call.query], ids=named)
def test_a_method_takes_each_parameter_of_the_query_with_its_type(asked: Asked) -> None:
    own = {{"since": "from", "until": "to"}.get(name, name): kind for name, kind in asked.types.items()}
    theirs = {name: kind for name, kind in fields_of(route_of(asked).query).items() if name in own.keys() - MOMENTS}
    for name, kind in theirs.items():
        mine = shape_of(without_unset(own[name]))
        if name == "types":
            mine = {"type": "string"}  # joined by commas
        if mine == {"type": "boolean"}:
            mine = shape_of(kind)  # written as true or false
        assert differences(shape_of(without_unset(kind)), mine, name) == []


def problem_table() -> dict[str, dict[str, object]]:
    """What the service says of each type of problem: the fields beside those of every problem."""
    found = {}
    for schema in problem_schemas(ROUTES).values():
        if "allOf" in schema:
            properties = schema["properties"]
            assert isinstance(properties, dict)
            slug = properties["type"]["const"].removeprefix("/problems/")
            found[slug] = {name: kind for name, kind in properties.items() if name not in {"type", "status"}}
    return found | {problem.slug: {} for problem in PROBLEMS.values() if problem.slug not in found}


def test_every_problem_has_a_class_with_its_fields() -> None:
    theirs = {slug: set(fields) for slug, fields in problem_table().items()}
    mine = {slug: set(own_fields(kind)) for slug, kind in Problem.kinds.items()}
    assert mine == {**theirs, "bad-request": set()}  # what aiohttp refuses with a status of its own


def test_every_class_of_a_problem_says_when_it_comes() -> None:
    classes = [kind for _, kind in inspect.getmembers(problems, inspect.isclass) if issubclass(kind, Problem)]
    assert [kind for kind in classes if not inspect.getdoc(kind)] == []


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        (shape_of(Money), shape_of(Percent)),
        (shape_of(list[Plan]), shape_of(list[Member])),
        (shape_of(str | None), shape_of(str)),
        (shape_of(Literal["a", "b"]), shape_of(Literal["a"])),
        (shape_of(int), shape_of(str)),
    ],
)
def test_a_planted_difference_is_found(theirs: Shape, mine: Shape) -> None:
    assert differences(theirs, mine)


def test_a_helper_at_the_prompt_sees_what_a_method_takes() -> None:
    seats = Seatkeeper("http://127.0.0.1")
    for method in (seats.signups.create, seats.plans.list, seats.events.follow):
        assert inspect.getdoc(method)
        assert "options" in inspect.signature(method).parameters
    assert list(inspect.signature(seats.accounts.limits).parameters) == ["account_id", "options"]
