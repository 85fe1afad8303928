"""Every write as a dry run: it stores nothing, and tells what the call itself answers right afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.contract.dry_runs.runs import accepted, comparable, dry, refused, stores_nothing
from tests.contract.given import a_word, new_in_the_journal
from tests.contract.idempotency.refused import REFUSED, Refused
from tests.contract.idempotency.writes import ACCEPTED, NO_OPS, World, Write
from tests.contract.shapes import described

if TYPE_CHECKING:
    from collections.abc import Callable

PING = "ping a webhook"
"""What nobody knows before it has happened."""


@pytest.mark.parametrize("given", [*ACCEPTED.values(), *NO_OPS.values()], ids=[*ACCEPTED, *NO_OPS])
def test_what_would_be_accepted_is_told_and_nothing_is_stored(world: World, given: Callable[[World], Write]) -> None:
    write, service = given(world), world.service
    first, again = stores_nothing(
        service, lambda: [accepted(dry(write).send(service, key)) for key in (a_word(), None)]
    )
    with new_in_the_journal(service) as events:
        real = write.send(service, None)
    assert real.ok, described(real)
    assert first.status == again.status == real.status_code
    told = [str(bytes(run.answer), "utf-8") for run in (first, again)]
    if given is NO_OPS[PING]:
        assert told == ["null", "null"]
    else:
        one, other, answer = comparable(*told, real.text or "null")
        assert one == other == answer
    shown = [(event.type, event.data) for event in events]
    would = [(event.type, event.data) for event in first.events]
    one, other = comparable(*(msgspec.json.encode(some).decode() for some in (would, shown)))
    assert one == other


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
def test_what_would_be_refused_is_told_with_its_problem_and_nothing_is_stored(
    world: World, given: Callable[[World], Refused]
) -> None:
    case, service = given(world), world.service
    told = stores_nothing(service, lambda: refused(dry(case.write).send(service, a_word())))
    assert (told.slug, told.problem["status"]) == (case.slug, case.status)
    real = msgspec.json.decode(case.write.send(service, None).content, type=dict[str, object])
    assert {**told.problem, "request_id": ""} == {**real, "request_id": ""}
