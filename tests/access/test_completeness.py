"""Completeness: every command is decided, every event changes the key, every refusal has its sentence."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.access import commands, events, refusals
from seatkeeper.actors.access.summaries import ApiKeySummary, KeyWithSecret, answer, shown, stored_answer, summarize
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.access.past import (
    API_KEY,
    AT,
    BACKEND,
    CREATE,
    FIRST,
    LATER,
    MUCH_LATER,
    REVOKE,
    ROTATE,
    SCOPES,
    SECOND,
    after,
    created,
    given,
    revoked,
    rotated,
)
from tests.completeness import check_complete
from tests.scenario import kinds

COMMANDS: list[Command] = [CREATE, ROTATE, REVOKE]
EVENTS: list[Event] = [rotated(), revoked()]
SENTENCES: list[tuple[Refusal, str, str]] = [
    (refusals.KeyNotFound(), "key-not-found", "Key not found: no API key has this id. Check the id."),
    (
        refusals.KeyExists(BACKEND),
        "key-exists",
        f"Key id taken: a key with the id {BACKEND} exists already. Use another id.",
    ),
    (
        refusals.KeyRevoked(BACKEND),
        "key-revoked",
        f"Key revoked: the key {BACKEND} was revoked for ever. Create another key.",
    ),
    (
        refusals.KeyExpired(BACKEND, AT),
        "key-expired",
        f"Key expired: the key {BACKEND} ended at {AT}. Create another key.",
    ),
]


def named(message: Command | Event) -> str:
    return type(message).__name__


def test_every_command_has_an_example_here() -> None:
    examples, wanted = {named(command) for command in COMMANDS}, {kind.__name__ for kind in kinds(commands, Command)}
    check_complete("COMMANDS of tests/access/test_completeness.py", examples, wanted)


@pytest.mark.parametrize("command", COMMANDS[1:], ids=named)
def test_every_command_is_decided(command: Command) -> None:
    assert not isinstance(API_KEY.decide(after(created()), command), Refusal)


def test_a_command_of_another_context_is_not_decided() -> None:
    with pytest.raises(KeyError):
        given(created()).when(Command())


def test_every_event_has_an_example_here() -> None:
    examples = {named(event) for event in [created(), *EVENTS]}
    check_complete("EVENTS of tests/access/test_completeness.py", examples, (k.__name__ for k in kinds(events, Event)))


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_every_event_makes_a_difference_in_place(event: Event) -> None:
    key = after(created())
    before = msgspec.json.encode(key)
    assert API_KEY.evolve(key, event) is key
    assert msgspec.json.encode(key) != before


def test_an_event_of_another_context_is_no_event_of_a_key() -> None:
    with pytest.raises(TypeError, match="no event of a key"):
        after(created(), Event())


def test_every_refusal_has_an_example_here() -> None:
    assert {type(refusal) for refusal, _, _ in SENTENCES} == set(kinds(refusals, Refusal))


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES, ids=[slug for _, slug, _ in SENTENCES])
def test_a_refusal_reads_as_a_sentence_with_its_fields(refusal: Refusal, slug: str, sentence: str) -> None:
    assert (str(refusal), refusal.slug()) == (sentence, slug)


@pytest.mark.parametrize("kind", kinds(events, Event), ids=lambda kind: kind.__name__)
def test_every_field_of_an_event_that_holds_a_hash_is_hidden(kind: type[Event]) -> None:
    assert {field for field in kind.__struct_fields__ if "hash" in field} == kind.hidden


def test_a_summary_shows_the_key_without_a_hash() -> None:
    summary = summarize(after(created()), 1)
    assert summary == ApiKeySummary(BACKEND, "Backend", SCOPES, 50, "active", AT, MUCH_LATER, None, 1)
    assert FIRST not in msgspec.json.encode(summary).decode()


def test_a_revoked_key_is_shown_as_revoked_also_when_it_has_expired() -> None:
    summary = summarize(after(created(), revoked()), 2)
    assert summary.status == "revoked"
    assert shown(summary, None, "2027-01-01T00:00:00.000Z").status == "revoked"


@pytest.mark.parametrize(("now", "status"), [(LATER, "active"), (MUCH_LATER, "expired")])
def test_a_key_is_shown_as_expired_from_its_end_on(now: str, status: str) -> None:
    found = shown(summarize(after(created()), 1), AT, now)
    assert (found.status, found.last_used_at) == (status, AT)


@pytest.mark.parametrize("command", [CREATE, ROTATE], ids=named)
def test_a_new_secret_is_answered_with_the_key_and_a_place_for_it(command: Command) -> None:
    key = after(created())
    assert answer(key, 1, command) == KeyWithSecret(summarize(key, 1), None)


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_an_answer_is_immutable(command: Command) -> None:
    assert isinstance(hash(answer(after(created()), 1, command)), int)


@pytest.mark.parametrize(
    "command", [CREATE, commands.RotateKey(SECOND, None, LATER, AT), commands.RevokeKey(LATER, AT)], ids=named
)
def test_an_answer_is_made_again_from_what_is_stored_of_it(command: Command) -> None:
    key = after(created())
    given_before = answer(key, 1, command)
    stored = msgspec.json.decode(msgspec.json.encode(given_before), type=dict[str, object])
    assert stored_answer(key, 1, stored) == given_before
