"""Completeness: every command is decided, every event changes the plan, every refusal has its sentence."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from seatkeeper.actors.subscriptions import commands, events, refusals
from seatkeeper.actors.subscriptions.plan import PlanSummary, answer, summarize
from tests.completeness import is_immutable
from tests.scenario import kinds
from tests.subscriptions.past import AT, LARGE, PLAN, SMALL, TEAM, after, defined, given, retired, revised
from tests.subscriptions.test_plan import DEFINE, named

COMMANDS: list[Command] = [
    commands.ChangePlanDetails(name="Crew"),
    commands.RevisePackage(LARGE),
    commands.RetirePlan(),
    commands.ReinstatePlan(),
    commands.OfferPackage(),
]
EVENTS: list[Event] = [
    events.PlanRenamed("Crew"),
    events.PlanReclassified("enterprise"),
    revised(),
    retired(),
    events.PlanExternalIdChanged("sku-1"),
    events.PlanMetadataChanged({"sold_in": "EU"}),
    events.PlanTrialChanged(events.Trial(14, "suspend")),
]
SENTENCES: list[tuple[Refusal, str, str]] = [
    (refusals.PlanNotFound(), "plan-not-found", "Plan not found: no plan has this id. Check the id."),
    (
        refusals.PlanExists(TEAM),
        "plan-exists",
        f"Plan id taken: a plan with the id {TEAM} exists already. Use another id.",
    ),
    (
        refusals.PlanRetired(TEAM),
        "plan-retired",
        f"Plan retired: the plan {TEAM} is not for sale. Choose another plan, or reinstate this one.",
    ),
]


def test_every_command_has_an_example_here() -> None:
    assert {type(command) for command in [DEFINE, *COMMANDS]} == set(kinds(commands, Command))


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_every_command_is_decided(command: Command) -> None:
    assert not isinstance(PLAN.decide(after(defined()), command), Refusal)


def test_a_command_of_another_context_is_not_decided() -> None:
    with pytest.raises(KeyError):
        given(defined()).when(Command())


def test_every_event_has_an_example_here() -> None:
    examples = {type(event) for event in [defined(), events.PlanReinstated(), *EVENTS]}
    assert examples == set(kinds(events, Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_makes_a_difference_in_place(event: Event) -> None:
    plan = after(defined())
    before = msgspec.json.encode(plan)
    assert PLAN.evolve(plan, event) is plan
    assert msgspec.json.encode(plan) != before


def test_to_reinstate_undoes_to_retire() -> None:
    assert after(defined(), retired(), events.PlanReinstated()) == after(defined())


def test_an_event_of_another_context_is_no_event_of_a_plan() -> None:
    with pytest.raises(TypeError, match="no event of a plan"):
        after(defined(), Event())


@pytest.mark.parametrize("command", [DEFINE, *COMMANDS[:-1]], ids=named)
def test_a_change_is_answered_with_the_plan(command: Command) -> None:
    plan = after(defined())
    assert answer(plan, 1, command) == summarize(plan, 1)


@pytest.mark.parametrize("command", [DEFINE, *COMMANDS], ids=named)
def test_an_answer_is_immutable(command: Command) -> None:
    assert is_immutable(answer(after(defined()), 1, command))


def test_a_summary_shows_the_plan() -> None:
    assert summarize(after(defined()), 1) == PlanSummary(
        TEAM, "Team", "team", SMALL, 1, "active", 1, AT, None, {}, None
    )


def test_a_summary_shows_the_newest_revision_and_that_the_plan_is_retired() -> None:
    summary = summarize(after(defined(), revised(), retired()), 3)
    assert (summary.package, summary.revision, summary.status, summary.version) == (LARGE, 2, "retired", 3)


def test_every_refusal_has_an_example_here() -> None:
    assert {type(refusal) for refusal, _, _ in SENTENCES} == set(kinds(refusals, Refusal))


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert str(refusal) == sentence
    assert refusal.slug() == slug
