"""How a dry run is asked for, and what of a request holds for it as for the call itself."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.contract.dry_runs.runs import accepted, dry, refused
from tests.contract.given import NOWHERE, UNKNOWN_ID, a_word, an_id, new_in_the_journal
from tests.contract.idempotency.writes import World, Write, credit, define, join, move, remove, seat, sign_up
from tests.contract.shapes import Account, WebhookWithSecret, answer, problem, version_of, wrong_field

if TYPE_CHECKING:
    from tests.service import Service


@pytest.mark.parametrize("value", ["", "True", "1", "0", "yes", "null", "true,true", "true%20"])
def test_another_value_than_true_or_false_is_refused(world: World, value: str) -> None:
    write = replace(credit(world, 5), path=f"{world.account}/credit?dry_run={value}")
    wrong_field(write.send(world.service, None), "/dry_run")
    assert answer(world.service.get(world.account), 200, Account).credit.amount == 0


def test_it_is_asked_for_once(world: World) -> None:
    write = replace(credit(world, 5), path=f"{world.account}/credit?dry_run=true&dry_run=false")
    wrong_field(write.send(world.service, None), "/dry_run")


def test_false_is_the_ordinary_call_with_its_key(world: World) -> None:
    write, key = replace(credit(world, 5), path=f"{world.account}/credit?dry_run=false"), a_word()
    first = write.send(world.service, key)
    assert answer(first, 200, Account).credit.amount == 5
    again = credit(world, 5).send(world.service, key)
    assert (again.headers["Idempotency-Replayed"], again.content) == ("true", first.content)


def test_a_read_has_no_dry_run(world: World) -> None:
    wrong_field(world.service.get(world.account, dry_run="true"), "/dry_run")


def test_a_key_that_was_used_is_not_looked_at(world: World) -> None:
    key = a_word()
    credit(world, 5).send(world.service, key)
    run = accepted(dry(credit(world, 7)).send(world.service, key))
    assert run.events[0].data["balance"] == {"amount": 12, "currency": "EUR"}
    assert credit(world, 5).send(world.service, key).headers["Idempotency-Replayed"] == "true"


def test_a_key_of_a_dry_run_is_free(world: World) -> None:
    key = a_word()
    accepted(dry(credit(world, 5)).send(world.service, key))
    problem(world.service.get(f"/v1/receipts/{key}"), 404)
    real = credit(world, 6).send(world.service, key)
    assert real.ok
    assert "Idempotency-Replayed" not in real.headers


def test_a_malformed_key_is_refused_as_ever(world: World) -> None:
    wrong_field(dry(credit(world, 5)).send(world.service, ""), "/Idempotency-Key")


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "Charles", "colour": "red"}, {}])
def test_a_wrong_body_is_refused_as_ever(world: World, body: object) -> None:
    problem(dry(replace(join(world), body=body)).send(world.service, None), 400)


def test_a_body_that_is_too_large_is_refused_as_ever(world: World) -> None:
    problem(dry(join(world, name="x" * 70_000)).send(world.service, None), 413)


def test_an_id_that_nothing_has_would_be_refused(world: World) -> None:
    told = refused(dry(Write("POST", f"/v1/accounts/{UNKNOWN_ID}/close")).send(world.service, None))
    assert (told.slug, told.problem["status"]) == ("account-not-found", 404)


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("id_", ["no-uuid", "%00"])
def test_what_is_no_id_is_not_found_as_ever(world: World, id_: str, *, key: bool) -> None:
    write = dry(Write("POST", f"/v1/accounts/{id_}/close"))
    problem(write.send(world.service, a_word() if key else None), 404, "account-not-found")


def test_the_problem_is_complete(world: World) -> None:
    told = refused(dry(move(world, world.smaller())).send(world.service, None))
    assert told.problem["excess"] == {"members": 1, "seats": 1}
    assert told.problem["instance"] == f"{world.account}/plan"
    assert told.problem.keys() == {"type", "title", "status", "detail", "instance", "request_id", "excess"}


def test_an_expected_version_holds(world: World) -> None:
    current = version_of(world.service.get(world.account))
    accepted(dry(credit(world, 5).expecting(current)).send(world.service, None))
    told = refused(dry(credit(world, 5).expecting(current - 1)).send(world.service, None))
    assert (told.slug, told.problem["current_version"]) == ("version-mismatch", current)


def test_the_answer_has_the_version_that_there_would_be(world: World) -> None:
    current = version_of(world.service.get(world.account))
    run = accepted(dry(credit(world, 5)).send(world.service, None))
    assert f'"version":{current + 1}'.encode() in bytes(run.answer)


def test_what_a_dry_run_would_have_taken_is_free(world: World) -> None:
    world.do(remove(world.bob))
    accepted(dry(seat(world.ada)).send(world.service, None))
    accepted(dry(join(world, seated=True)).send(world.service, None))
    world.do(join(world, seated=True))
    assert refused(dry(seat(world.ada)).send(world.service, None)).slug == "no-seat-left"


def test_an_external_id_of_a_dry_run_is_free(world: World) -> None:
    external_id = a_word()
    for write in (sign_up(world.plan_id, external_id=external_id), define(external_id=external_id)):
        accepted(dry(write).send(world.service, None))
        assert write.send(world.service, None).status_code == 201


def test_an_external_id_that_another_has_would_be_refused_wherever_it_is_given(world: World) -> None:
    service, external_id = world.service, a_word()
    world.do(sign_up(world.plan_id, external_id=external_id), define(external_id=external_id))
    names = {"external_id": external_id}
    writes = [
        sign_up(world.plan_id, **names),
        define(**names),
        Write("PATCH", world.account, names),
        Write("PATCH", world.plan, names),
    ]
    told = [refused(dry(write).send(service, None)) for write in writes]
    assert [(run.slug, run.problem["resource"]) for run in told] == [
        ("external-id-taken", resource) for resource in ("account", "plan", "account", "plan")
    ]


def test_an_external_id_that_an_account_has_already_is_its_own(world: World) -> None:
    external_id = world.named(world.account)
    run = accepted(dry(Write("PATCH", world.account, {"external_id": external_id})).send(world.service, None))
    assert run.events == []


def test_the_events_are_as_the_feed_will_have_them(world: World) -> None:
    run = accepted(dry(sign_up(world.plan_id, user_email="ada@example.com")).send(world.service, None))
    opened, added = run.events
    assert (opened.type, added.type) == ("account.opened", "member.added")
    assert opened.data.keys() == {
        *("account_id", "account_name", "plan_id", "revision", "total_seats", "user_limit", "currency", "created_at")
    }
    assert added.data["email"] == "ada@example.com"


def test_a_ping_is_not_sent(world: World) -> None:
    webhook = world.webhook()
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(0)
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/"
        world.do(Write("PATCH", webhook, {"url": url}))
        run = accepted(dry(Write("POST", f"{webhook}/ping")).send(world.service, None))
        with pytest.raises(BlockingIOError):
            receiver.accept()
    assert (bytes(run.answer), run.status, run.events) == (b"null", 200, [])


def test_a_ping_of_no_webhook_would_be_refused(world: World) -> None:
    told = refused(dry(Write("POST", f"/v1/webhooks/{an_id()}/ping")).send(world.service, None))
    assert told.slug == "webhook-not-found"


def test_a_webhook_has_no_secret_in_a_dry_run(world: World) -> None:
    create = Write("POST", "/v1/webhooks", {"url": NOWHERE, "types": ["webhook.disabled"]})
    rotate = Write("POST", f"{world.webhook()}/rotate-secret")
    for write in (create, rotate):
        run = accepted(dry(write).send(world.service, None))
        assert b'"secret":null' in bytes(run.answer)
    problem(dry(replace(create, body={"url": "ftp://example.com"})).send(world.service, None), 400)


def test_a_webhook_outlives_the_dry_run_of_its_end(world: World, service: Service) -> None:
    webhook = world.webhook()
    run = accepted(dry(Write("DELETE", webhook)).send(service, None))
    assert (bytes(run.answer), run.status, [event.type for event in run.events]) == (b"null", 204, ["webhook.deleted"])
    assert service.get(webhook).status_code == 200
    rotated = answer(service.post(f"{webhook}/rotate-secret"), 200, WebhookWithSecret)
    assert rotated.secret is not None


def test_a_page_beyond_the_journal_is_refused_as_ever(world: World) -> None:
    replay = Write("POST", f"{world.webhook()}/replay", {"after": 10**9})
    with new_in_the_journal(world.service) as events:
        wrong_field(dry(replay).send(world.service, None), "/after")
    assert events == []
