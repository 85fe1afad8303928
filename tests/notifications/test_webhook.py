"""A webhook is created once, changed, paused and resumed, and deleted for good."""

from __future__ import annotations

import pytest

from seatkeeper.actors.aggregates.messages import Command, Event
from seatkeeper.actors.notifications.commands import (
    ChangeWebhook,
    CreateWebhook,
    DeleteWebhook,
    DisableWebhook,
    PauseWebhook,
    ReplayWebhook,
    ResumeWebhook,
    RotateSecret,
)
from seatkeeper.actors.notifications.events import WebhookChanged, WebhookReplayed
from seatkeeper.actors.notifications.refusals import WebhookExists, WebhookNotFound
from tests.notifications.past import (
    ALL,
    AT,
    DELETED,
    EXHAUSTED,
    FIRST,
    GONE,
    HOOK,
    LATER,
    OTHER_URL,
    PAUSED,
    RESUMED,
    SECOND,
    THIRD,
    TYPES,
    URL,
    WEBHOOK,
    created,
    given,
    rotated,
)

CREATE = CreateWebhook(HOOK, URL, TYPES, 7, FIRST, AT)
OTHERS: list[Command] = [
    ChangeWebhook(OTHER_URL),
    PauseWebhook(),
    ResumeWebhook(),
    RotateSecret(SECOND, LATER),
    ReplayWebhook(3),
    DisableWebhook("gone"),
    DeleteWebhook(),
]


def named(command: Command) -> str:
    return type(command).__name__


def test_a_webhook_is_created_active_and_begins_after_a_position() -> None:
    webhook = given().when(CREATE).then(created())
    assert (webhook.status, webhook.after, webhook.replays) == ("active", 7, 0)


def test_a_webhook_is_created_once() -> None:
    given(created()).when(CREATE).refuses(WebhookExists(webhook_id=HOOK))


def test_the_id_of_a_deleted_webhook_stays_taken() -> None:
    given(created(), DELETED).when(CREATE).refuses(WebhookExists(webhook_id=HOOK))


@pytest.mark.parametrize("past", [[], [created(), DELETED]], ids=["never created", "deleted"])
@pytest.mark.parametrize("command", OTHERS, ids=named)
def test_a_webhook_that_is_not_there_is_not_found(command: Command, past: list[Event]) -> None:
    given(past).when(command).refuses(WebhookNotFound())


def test_no_other_event_comes_before_the_creation() -> None:
    with pytest.raises(ValueError, match=r"webhook\.paused before webhook\.created"):
        WEBHOOK.replay([PAUSED])


def test_a_webhook_gets_another_address() -> None:
    webhook = given(created()).when(ChangeWebhook(url=OTHER_URL)).then(WebhookChanged(OTHER_URL, TYPES))
    assert (webhook.url, webhook.types) == (OTHER_URL, TYPES)


def test_a_webhook_gets_other_types() -> None:
    given(created()).when(ChangeWebhook(types=ALL)).then(WebhookChanged(URL, ALL))


def test_the_address_and_the_types_of_now_change_nothing() -> None:
    given(created()).when(ChangeWebhook(URL, TYPES)).changes_nothing()
    given(created()).when(ChangeWebhook()).changes_nothing()


def test_a_webhook_is_paused_once() -> None:
    webhook = given(created()).when(PauseWebhook()).then(PAUSED)
    assert webhook.status == "paused"
    given(created(), PAUSED).when(PauseWebhook()).changes_nothing()


@pytest.mark.parametrize("stopped", [PAUSED, GONE, EXHAUSTED])
def test_a_paused_or_disabled_webhook_is_resumed(stopped: Event) -> None:
    webhook = given(created(), stopped).when(ResumeWebhook()).then(RESUMED)
    assert (webhook.status, webhook.disabled_because) == ("active", None)


def test_an_active_webhook_is_not_resumed() -> None:
    given(created()).when(ResumeWebhook()).changes_nothing()


def test_a_webhook_whose_receiver_is_gone_is_disabled() -> None:
    webhook = given(created()).when(DisableWebhook("gone")).then(GONE)
    assert (webhook.status, webhook.disabled_because) == ("disabled", "gone")


@pytest.mark.parametrize("stopped", [PAUSED, GONE])
def test_a_webhook_that_was_stopped_meanwhile_is_not_disabled(stopped: Event) -> None:
    given(created(), stopped).when(DisableWebhook("retries-exhausted")).changes_nothing()


def test_a_disabled_webhook_can_be_paused() -> None:
    webhook = given(created(), GONE).when(PauseWebhook()).then(PAUSED)
    assert (webhook.status, webhook.disabled_because) == ("paused", None)


def test_another_secret_signs_and_the_earlier_one_for_a_time() -> None:
    webhook = given(created()).when(RotateSecret(SECOND, LATER)).then(rotated())
    assert (webhook.secret_id, webhook.earlier_id, webhook.earlier_until) == (SECOND, FIRST, LATER)


def test_at_most_two_secrets_sign() -> None:
    webhook = given(created(), rotated()).when(RotateSecret(THIRD, LATER)).then(rotated(THIRD))
    assert (webhook.secret_id, webhook.earlier_id) == (THIRD, SECOND)


def test_the_secret_that_signs_already_is_no_rotation() -> None:
    given(created()).when(RotateSecret(FIRST, LATER)).changes_nothing()


@pytest.mark.parametrize("after", [3, 7])
def test_a_replay_begins_again_also_where_the_webhook_began(after: int) -> None:
    webhook = given(created()).when(ReplayWebhook(after)).then(WebhookReplayed(after))
    assert (webhook.after, webhook.replays) == (after, 1)


def test_a_paused_webhook_stays_so_when_it_is_replayed() -> None:
    webhook = given(created(), PAUSED).when(ReplayWebhook(3)).then(WebhookReplayed(3))
    assert webhook.status == "paused"


def test_a_webhook_is_deleted() -> None:
    assert given(created(), PAUSED).when(DeleteWebhook()).then(DELETED).status == "deleted"
