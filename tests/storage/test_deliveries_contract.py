"""What every engine stores of the deliveries of webhooks."""

from __future__ import annotations

import pytest

from seatkeeper.actors.notifications.events import WebhookReplayed
from seatkeeper.storage.deliveries import ATTEMPTS_KEPT, Attempt, Delivery, Failure, Health, Outcome, Secret, Waiting
from tests.notifications.past import DELETED, FIRST, LATER, SECOND, THIRD, created, rotated
from tests.storage.stores import NOW, Store, webhook_id

HOOK, OTHER = webhook_id(1), webhook_id(2)
ACCOUNT = "account-a1"


@pytest.fixture
async def hooked(store: Store) -> Store:
    """A store with a webhook that begins after position 7, and has its secret."""
    await store.deliveries.add_secret(HOOK, FIRST, "whsec_1")
    await store.webhook(1).append(created(webhook_id=HOOK))
    return store


def tried(position: int, outcome: Outcome = "delivered", number: int = 1) -> Attempt:
    """An attempt."""
    status, error = (200, None) if outcome == "delivered" else (None, "timeout")
    return Attempt(position, f"m{position}", number, NOW, 3, status, error, outcome)


def waits(position: int, attempts: int = 1) -> Waiting:
    """An event that waits."""
    return Waiting(position, ACCOUNT, attempts, NOW, LATER)


async def statuses(store: Store, **query: int | None) -> list[tuple[int, str]]:
    """List positions and statuses of the deliveries."""
    found = await store.deliveries.deliveries(HOOK, None, query.get("before"), query.get("limit") or 50)
    return [(delivery.position, delivery.status) for delivery in found]


async def test_a_secret_signs_once_an_event_names_it(store: Store) -> None:
    await store.deliveries.add_secret(HOOK, FIRST, "whsec_1")
    assert await store.deliveries.secrets(HOOK) == []
    await store.webhook(1).append(created(webhook_id=HOOK))
    assert await store.deliveries.secrets(HOOK) == [Secret("whsec_1", None)]


async def test_a_secret_that_no_event_has_named_when_it_is_cleaned_never_signs(store: Store) -> None:
    await store.deliveries.add_secret(HOOK, FIRST, "whsec_1")
    await store.deliveries.clean()
    await store.webhook(1).append(created(webhook_id=HOOK))
    assert await store.deliveries.secrets(HOOK) == []


async def test_a_secret_that_is_not_named_yet_stays_if_its_id_is_not_before_that_given(store: Store) -> None:
    await store.deliveries.add_secret(HOOK, FIRST, "whsec_1")
    await store.deliveries.clean(before=FIRST)
    await store.webhook(1).append(created(webhook_id=HOOK))
    assert await store.deliveries.secrets(HOOK) == [Secret("whsec_1", None)]


async def test_the_secrets_of_a_deleted_webhook_are_cleaned_away_whatever_their_ids(hooked: Store) -> None:
    gone = hooked.webhook(2)
    await hooked.deliveries.add_secret(OTHER, FIRST, "whsec_1")
    await gone.append(created(webhook_id=OTHER))
    await gone.append(DELETED)
    await hooked.deliveries.clean(before="0")
    await hooked.deliveries.add_secret(OTHER, FIRST, "whsec_9")  # its place is free again


async def test_what_a_deleted_webhook_left_behind_is_cleaned_away(hooked: Store) -> None:
    gone = hooked.webhook(2)
    await gone.append(created(webhook_id=OTHER))
    await hooked.deliveries.record(OTHER, position=8, attempts=[tried(8)], waiting=[waits(9)])
    await gone.append(DELETED)
    await hooked.deliveries.clean()
    assert await hooked.deliveries.deliveries(OTHER, None, None, 50) == []
    assert await hooked.deliveries.waiting(OTHER) == []


async def test_what_a_living_webhook_has_is_not_cleaned_away(hooked: Store) -> None:
    await hooked.deliveries.record(HOOK, position=8, attempts=[tried(8)], waiting=[waits(9)])
    await hooked.deliveries.clean()
    assert await statuses(hooked) == [(9, "waiting"), (8, "delivered")]
    assert await hooked.deliveries.secrets(HOOK) == [Secret("whsec_1", None)]


async def test_the_earlier_secret_signs_until_its_end(hooked: Store) -> None:
    stream = hooked.webhook(3)
    await hooked.deliveries.add_secret(webhook_id(3), FIRST, "whsec_1")
    await hooked.deliveries.add_secret(webhook_id(3), SECOND, "whsec_2")
    await stream.append(created(webhook_id=webhook_id(3)), rotated())
    found = await hooked.deliveries.secrets(webhook_id(3))
    assert found == [Secret("whsec_2", None), Secret("whsec_1", LATER)]


async def test_a_secret_that_no_event_names_is_removed_again(hooked: Store) -> None:
    await hooked.deliveries.add_secret(HOOK, THIRD, "whsec_3")
    await hooked.deliveries.remove_secret(HOOK, THIRD)
    assert await hooked.deliveries.secrets(HOOK) == [Secret("whsec_1", None)]


async def test_progress_begins_where_the_webhook_was_created(hooked: Store) -> None:
    assert (await hooked.deliveries.health([HOOK]))[HOOK].position == 7
    assert await hooked.deliveries.progress(HOOK) == 7


async def test_a_deleted_webhook_begins_no_more(store: Store) -> None:
    await store.webhook(1).append(created(webhook_id=HOOK), DELETED)
    assert await store.deliveries.progress(HOOK) == 0


async def test_progress_is_what_was_recorded(hooked: Store) -> None:
    await hooked.deliveries.progress(HOOK)
    await hooked.deliveries.record(HOOK, position=12)
    assert await hooked.deliveries.progress(HOOK) == 12


async def test_a_replay_sets_the_progress_back_and_forgets_what_waits(store: Store) -> None:
    stream = store.webhook(1)
    await stream.append(created(webhook_id=HOOK))
    await store.deliveries.progress(HOOK)
    await store.deliveries.record(HOOK, position=12, waiting=[waits(9)])
    await stream.append(WebhookReplayed(3))
    assert (await store.deliveries.health([HOOK]))[HOOK].position == 3
    assert await store.deliveries.progress(HOOK) == 3
    assert await store.deliveries.waiting(HOOK) == []


async def test_what_waits_is_listed_in_the_order_of_the_journal(hooked: Store) -> None:
    await hooked.deliveries.record(HOOK, position=12, waiting=[waits(10, 0), waits(9)])
    assert await hooked.deliveries.waiting(HOOK) == [waits(9), waits(10, 0)]


async def test_what_waits_is_changed_and_done(hooked: Store) -> None:
    await hooked.deliveries.record(HOOK, position=12, waiting=[waits(9), waits(10, 0)])
    await hooked.deliveries.record(HOOK, position=12, waiting=[waits(10, 2)], done=[9])
    assert await hooked.deliveries.waiting(HOOK) == [waits(10, 2)]


async def test_a_delivery_has_its_attempts_and_the_outcome_of_the_last(hooked: Store) -> None:
    await hooked.deliveries.record(HOOK, position=9, attempts=[tried(9, "failed"), tried(8)])
    await hooked.deliveries.record(HOOK, position=9, attempts=[tried(9, number=2)])
    assert await hooked.deliveries.deliveries(HOOK, None, None, 50) == [
        Delivery(9, "delivered", None, [tried(9, "failed"), tried(9, number=2)]),
        Delivery(8, "delivered", None, [tried(8)]),
    ]


async def test_deliveries_are_filtered_by_what_became_of_them(hooked: Store) -> None:
    attempts = [tried(8), tried(9, "failed"), tried(10, "failed")]
    await hooked.deliveries.record(HOOK, position=11, attempts=attempts, waiting=[waits(9), waits(11, 0)])
    assert await hooked.deliveries.deliveries(HOOK, "delivered", None, 50) == [
        Delivery(8, "delivered", None, [tried(8)])
    ]
    assert await hooked.deliveries.deliveries(HOOK, "failed", None, 50) == [
        Delivery(10, "failed", None, [tried(10, "failed")])
    ]
    assert await hooked.deliveries.deliveries(HOOK, "waiting", None, 50) == [
        Delivery(11, "waiting", LATER, []),
        Delivery(9, "waiting", LATER, [tried(9, "failed")]),
    ]


async def test_deliveries_come_in_pages_newest_first(hooked: Store) -> None:
    await hooked.deliveries.record(HOOK, position=10, attempts=[tried(8), tried(9), tried(10)])
    assert await statuses(hooked, limit=2) == [(10, "delivered"), (9, "delivered")]
    assert await statuses(hooked, before=9) == [(8, "delivered")]


async def test_a_webhook_fails_while_something_waits_after_a_failure(hooked: Store) -> None:
    await hooked.deliveries.progress(HOOK)
    await hooked.deliveries.record(HOOK, position=9, attempts=[tried(9, "failed")], waiting=[waits(9), waits(10, 0)])
    failure = Failure(NOW, None, "timeout")
    assert await hooked.deliveries.health([HOOK]) == {HOOK: Health(9, failing=True, last_failure=failure)}
    await hooked.deliveries.record(HOOK, position=9, attempts=[tried(9, number=2)], done=[9, 10])
    assert await hooked.deliveries.health([HOOK]) == {HOOK: Health(9, failing=False, last_failure=failure)}


async def test_an_unknown_webhook_has_no_health(hooked: Store) -> None:
    assert (await hooked.deliveries.health([HOOK, OTHER])).keys() == {HOOK}


async def test_of_each_webhook_the_newest_attempts_are_kept(hooked: Store) -> None:
    await hooked.deliveries.record(OTHER, position=9, attempts=[tried(1)])
    attempts = [tried(position) for position in range(1, ATTEMPTS_KEPT + 2)]
    await hooked.deliveries.record(HOOK, position=9, attempts=attempts)
    assert await statuses(hooked, before=3) == [(2, "delivered")]
    assert len(await hooked.deliveries.deliveries(OTHER, None, None, 50)) == 1


async def test_nothing_is_left_of_a_webhook_that_is_removed(store: Store) -> None:
    stream = store.webhook(1)
    await store.deliveries.add_secret(HOOK, FIRST, "whsec_1")
    await stream.append(created(webhook_id=HOOK))
    await store.deliveries.record(HOOK, position=9, attempts=[tried(9)], waiting=[waits(9)])
    await stream.append(DELETED)
    await store.deliveries.remove(HOOK)
    assert await store.deliveries.secrets(HOOK) == []
    assert await store.deliveries.waiting(HOOK) == []
    assert await statuses(store) == []


async def test_webhooks_are_found_and_listed_oldest_first(store: Store) -> None:
    for number in (2, 1, 3):
        await store.webhook(number).append(created(webhook_id=webhook_id(number)))
    first = await store.queries.webhooks(None, 2)
    assert [webhook_id(number) in item.summary for number, item in zip((2, 1), first, strict=True)] == [True, True]
    assert len(await store.queries.webhooks(int(first[-1].key), 2)) == 1
    found = await store.queries.webhook(HOOK)
    assert found is not None
    assert (found.version, HOOK in found.summary) == (1, True)


async def test_a_deleted_webhook_is_neither_found_nor_listed(store: Store) -> None:
    await store.webhook(1).append(created(webhook_id=HOOK), DELETED)
    await store.webhook(2).append(created(webhook_id=OTHER))
    assert await store.queries.webhook(HOOK) is None
    assert len(await store.queries.webhooks(None, 50)) == 1
