"""The OpenAPI document says in plain words what everything is, and has a right example of everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
import pytest
from jsonschema import Draft202012Validator

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.openapi.document import document
from seatkeeper.http.openapi.glossary import GLOSSARY
from seatkeeper.http.openapi.texts import EXAMPLES
from seatkeeper.http.server.routes import Route

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
Object: TypeAlias = "Mapping[str, Json]"

DOCUMENT: Object = msgspec.json.decode(document(ROUTES), type=dict)
EVERY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
LARGEST = 700_000


def at(value: Json, *steps: str) -> Object:
    """The object that is found by these steps, or that a reference there names."""
    for step in steps:
        assert isinstance(value, Mapping)
        value = value[step]
    assert isinstance(value, Mapping)
    reference = value.get("$ref")
    return at(DOCUMENT, *reference.removeprefix("#/").split("/")) if isinstance(reference, str) else value


COMPONENTS = at(DOCUMENT, "components")
FIELDS = [
    (name, field)
    for name in at(COMPONENTS, "schemas")
    for field in at(at(COMPONENTS, "schemas", name).get("properties", {}))
]


def operation(route: Route) -> Object:
    return at(DOCUMENT, "paths", route.path, route.method.lower())


def contents(described: Object) -> Iterator[tuple[str, Object]]:
    """The media types of a body or an answer, each with its description."""
    for media_type in at(described.get("content", {})):
        yield media_type, at(described, "content", media_type)


def examples(content: Object) -> list[Json]:
    """All examples of a content."""
    several = [at(content, "examples", name)["value"] for name in at(content.get("examples", {}))]
    return [*several, *([content["example"]] if "example" in content else [])]


def wrong(content: Object) -> list[str]:
    """What is wrong with the examples of a content."""
    checker = Draft202012Validator({**at(content, "schema"), "components": COMPONENTS})
    found = [error for example in examples(content) for error in checker.iter_errors(example)]
    return [f"{error.json_path}: {error.message}" for error in found]


@EVERY_ROUTE
def test_a_call_says_what_it_does_and_who_may(route: Route) -> None:
    assert str(operation(route)["summary"]).endswith(".")
    assert str(operation(route)["description"]).endswith(".")


@EVERY_ROUTE
def test_a_parameter_says_what_it_is(route: Route) -> None:
    parameters = operation(route)["parameters"]
    assert isinstance(parameters, list)
    assert [at(one)["name"] for one in parameters if not str(at(one).get("description", "")).endswith(".")] == []


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[f"{name}.{field}" for name, field in FIELDS])
def test_a_field_says_what_it_is(name: str, field: str) -> None:
    schema = at(COMPONENTS, "schemas", name)
    if "allOf" in schema and field in {"type", "status", "errors"}:
        return  # the field is that of Problem, which says it
    described = at(schema, "properties")[field]
    assert isinstance(described, Mapping)
    assert str(described.get("description", "")).endswith(".")


@EVERY_ROUTE
def test_a_request_has_an_example_that_conforms(route: Route) -> None:
    if route.body is None:
        assert "requestBody" not in operation(route)
        return
    ((_, content),) = contents(at(operation(route), "requestBody"))
    assert len(examples(content)) == 1
    assert wrong(content) == []


@EVERY_ROUTE
def test_every_answer_has_an_example_that_conforms(route: Route) -> None:
    responses = at(operation(route), "responses")
    for status in responses:
        for media_type, content in contents(at(responses, status)):
            assert examples(content), f"{status} {media_type}"
            assert "schema" not in content or wrong(content) == [], f"{status} {media_type}"


@EVERY_ROUTE
def test_every_problem_of_a_call_has_an_example(route: Route) -> None:
    responses = at(operation(route), "responses")
    for status in (status for status in responses if status >= "400"):
        ((_, content),) = contents(at(responses, status))
        shown = {f"/problems/{slug}": at(content, "examples", slug)["value"] for slug in at(content, "examples")}
        assert {slug: at(example)["type"] for slug, example in shown.items()} == {slug: slug for slug in shown}
        kinds = at(content, "schema") if "oneOf" not in at(content, "schema") else None
        named = [content["schema"]] if kinds is not None else at(content, "schema")["oneOf"]
        assert isinstance(named, list)
        assert len(named) == len(shown)


def test_every_group_of_calls_says_what_it_is_about() -> None:
    tags = DOCUMENT["tags"]
    assert isinstance(tags, list)
    used = {name for route in ROUTES for name in operation(route)["tags"]}  # type: ignore[union-attr]
    assert {at(tag)["name"] for tag in tags} == used
    assert [tag for tag in tags if not str(at(tag)["description"]).endswith(".")] == []


def test_no_entry_of_the_glossary_is_left_over() -> None:
    known = {field for _, field in FIELDS} | {f"{name.partition('_')[0]}.{field}" for name, field in FIELDS}
    assert GLOSSARY.keys() - known == set()


def test_no_example_of_a_body_is_left_over() -> None:
    assert EXAMPLES.keys() == {route.body.__name__ for route in ROUTES if route.body is not None} - {"Nothing"}


def test_the_document_stays_small() -> None:
    assert len(document(ROUTES)) < LARGEST
