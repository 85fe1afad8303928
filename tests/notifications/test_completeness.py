"""Completeness: every command is decided, every event changes the webhook, every refusal has its sentence."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from seatkeeper.actors.notifications import commands, events, refusals
from seatkeeper.actors.notifications.pings import Ping
from seatkeeper.actors.notifications.summaries import (
    WebhookSummary,
    WebhookWithSecret,
    answer,
    stored_answer,
    summarize,
)
from tests.notifications.past import (
    ALL,
    AT,
    DELETED,
    GONE,
    HOOK,
    OTHER_URL,
    PAUSED,
    TYPES,
    URL,
    WEBHOOK,
    after,
    created,
    given,
    rotated,
)
from tests.notifications.test_webhook import CREATE, OTHERS, named
from tests.scenario import kinds

PING = Ping("m1", AT, 12, 204, None, delivered=True)
COMMANDS: list[Command] = [*OTHERS, commands.ReportPing(PING)]
EVENTS: list[Event] = [
    events.WebhookChanged(OTHER_URL, ALL),
    PAUSED,
    rotated(),
    events.WebhookReplayed(7),
    GONE,
    DELETED,
]
SENTENCES: list[tuple[Refusal, str, str]] = [
    (
        refusals.WebhookNotFound(),
        "webhook-not-found",
        "Webhook not found: no webhook has this id, or it was deleted. Check the id.",
    ),
    (
        refusals.WebhookExists(HOOK),
        "webhook-exists",
        f"Webhook id taken: a webhook with the id {HOOK} exists already. Use another id.",
    ),
    (
        refusals.TooManyWebhooks(100),
        "too-many-webhooks",
        "Too many webhooks: there are 100 already. Delete one that is not needed, or give one more types.",
    ),
]


def test_every_command_has_an_example_here() -> None:
    assert {type(command) for command in [CREATE, *COMMANDS]} == set(kinds(commands, Command))


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_every_command_is_decided(command: Command) -> None:
    assert not isinstance(WEBHOOK.decide(after(created()), command), Refusal)


def test_a_command_of_another_context_is_not_decided() -> None:
    with pytest.raises(KeyError):
        given(created()).when(Command())


def test_every_event_has_an_example_here() -> None:
    examples = {type(event) for event in [created(), events.WebhookResumed(), *EVENTS]}
    assert examples == set(kinds(events, Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_makes_a_difference_in_place(event: Event) -> None:
    webhook = after(created())
    before = msgspec.json.encode(webhook)
    assert WEBHOOK.evolve(webhook, event) is webhook
    assert msgspec.json.encode(webhook) != before


@pytest.mark.parametrize("stopped", [PAUSED, GONE])
def test_to_resume_undoes_what_stopped_it(stopped: Event) -> None:
    assert after(created(), stopped, events.WebhookResumed()) == after(created())


def test_an_event_of_another_context_is_no_event_of_a_webhook() -> None:
    with pytest.raises(TypeError, match="no event of a webhook"):
        after(created(), Event())


def test_a_state_is_what_its_snapshot_was() -> None:
    webhook = after(created(), rotated(), GONE)
    assert msgspec.json.decode(msgspec.json.encode(webhook), type=type(webhook)) == webhook


@pytest.mark.parametrize("command", [CREATE, *COMMANDS], ids=named)
def test_an_answer_is_immutable(command: Command) -> None:
    assert isinstance(hash(answer(after(created()), 1, command)), int)


def test_a_new_secret_is_not_in_the_answer_that_is_stored() -> None:
    webhook = after(created())
    for command in [CREATE, commands.RotateSecret(events.SecretId("s2"), AT)]:
        assert answer(webhook, 1, command) == WebhookWithSecret(summarize(webhook, 1), secret=None)


def test_a_ping_is_answered_with_what_came_of_it_and_a_deletion_with_nothing() -> None:
    webhook = after(created())
    assert answer(webhook, 1, commands.ReportPing(PING)) == PING
    assert answer(webhook, 1, commands.DeleteWebhook()) is None


@pytest.mark.parametrize("command", [CREATE, commands.PauseWebhook(), commands.ReportPing(PING)], ids=named)
def test_a_stored_answer_is_that_of_its_state(command: Command) -> None:
    webhook = after(created())
    given_then = answer(webhook, 1, command)
    assert stored_answer(webhook, 1, msgspec.json.decode(msgspec.json.encode(given_then))) == given_then


def test_a_summary_shows_the_webhook() -> None:
    shown = WebhookSummary(HOOK, URL, TYPES, "active", None, None, None, AT, 1)
    assert summarize(after(created()), 1) == shown


def test_a_summary_shows_why_the_webhook_is_disabled() -> None:
    summary = summarize(after(created(), GONE), 2)
    assert (summary.status, summary.disabled_because, summary.version) == ("disabled", "gone", 2)


def test_every_refusal_has_an_example_here() -> None:
    assert {type(refusal) for refusal, _, _ in SENTENCES} == set(kinds(refusals, Refusal))


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert str(refusal) == sentence
    assert refusal.slug() == slug
