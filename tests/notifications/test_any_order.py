"""Random commands in any order: the webhook is what its events say, and a command that is repeated changes nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from seatkeeper.actors.notifications import commands
from seatkeeper.actors.notifications.events import SecretId
from seatkeeper.actors.notifications.webhook import Webhook
from tests.completeness import check_complete
from tests.notifications.past import ALL, LATER, OTHER_URL, TYPES, URL, WEBHOOK, created
from tests.notifications.test_completeness import PING
from tests.scenario import kinds

ENDS = {"CreateWebhook", "DeleteWebhook"}


def anything(dice: random.Random) -> Command:
    """Make any command but the two ends."""
    return dice.choice(
        [
            commands.ChangeWebhook(dice.choice([None, URL, OTHER_URL]), dice.choice([None, TYPES, ALL])),
            commands.PauseWebhook(),
            commands.ResumeWebhook(),
            commands.RotateSecret(SecretId(f"s{dice.randint(1, 4)}"), LATER),
            commands.ReplayWebhook(dice.randint(0, 9)),
            commands.DisableWebhook(dice.choice(["gone", "retries-exhausted"])),
            commands.ReportPing(PING),
        ]
    )


def accepted(webhook: Webhook, command: Command) -> Sequence[Event]:
    decision = WEBHOOK.decide(webhook, command)
    assert not isinstance(decision, Refusal)
    return decision


def test_anything_makes_every_command() -> None:
    dice = random.Random(0)
    made = {type(anything(dice)).__name__ for _ in range(1000)}
    wanted = {kind.__name__ for kind in kinds(commands, Command)} - ENDS
    check_complete("anything() of tests/notifications/test_any_order.py", made, wanted)


@pytest.mark.parametrize("seed", range(25))
def test_a_webhook_is_what_its_events_say(seed: int) -> None:
    dice = random.Random(seed)
    webhook, history = WEBHOOK.after(created()), [created()]
    for _ in range(200):
        for event in accepted(webhook, anything(dice)):
            history.append(event)
            webhook = WEBHOOK.evolve(webhook, event)
        assert webhook.secret_id != webhook.earlier_id
        assert (webhook.disabled_because is not None) == (webhook.status == "disabled")
    assert len(history) > 20, "most commands changed nothing"
    assert webhook == WEBHOOK.after(history)


@pytest.mark.parametrize("seed", range(25))
def test_a_command_changes_nothing_when_it_is_repeated(seed: int) -> None:
    dice = random.Random(seed)
    webhook = WEBHOOK.after(created())
    for _ in range(200):
        command = anything(dice)
        for event in accepted(webhook, command):
            webhook = WEBHOOK.evolve(webhook, event)
        if not isinstance(command, commands.ReplayWebhook):
            assert list(accepted(webhook, command)) == []
