"""Forms: one for each write of the API, tried before it is done, and done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatkeeper.actors.access.scopes import SCOPES, includes
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.console.forms.fields import Field, fields_of
from seatkeeper.http.console.forms.forms import WITHOUT_FORM
from seatkeeper.http.server.routes import Route
from tests.console.operators import TEAM, Operator, a_key, sign_up, words
from tests.service import Service

WRITES = [route for route in ROUTES if route.writes]
EVERY_WRITE = pytest.mark.parametrize("route", WRITES, ids=lambda route: route.name)

PLAN = {"/name": "Studio", "/type": "studio", "/package/total_seats": "5", "/package/user_limit": "8"}


def leaves(fields: tuple[Field, ...]) -> set[str]:
    """The names of the fields that are filled in, of the first row of a list."""
    found: set[str] = set()
    for field in fields:
        parts = field.row(0) if field.kind == "rows" else field.parts
        found |= leaves(parts) if parts else {field.name}
    return found


@EVERY_WRITE
def test_a_write_has_a_form_with_a_field_for_each_of_its_body(operator: Operator, route: Route) -> None:
    if route.name in WITHOUT_FORM:
        assert WITHOUT_FORM[route.name]
        return
    draft = operator.fill_in(route.name)
    assert draft.response.status_code == 200
    expected = {f"id:{name}" for name in route.ids} | leaves(() if route.body is None else fields_of(route.body))
    assert expected <= draft.form.names
    assert "try" in draft.form.buttons
    assert "do" not in draft.form.buttons


def test_what_has_no_form_is_a_write() -> None:
    assert set(WITHOUT_FORM) <= {route.name for route in WRITES}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_sees_and_submits_what_its_scope_allows(closed: Service, scope: str) -> None:
    operator = Operator(closed)
    operator.sign_in(a_key(closed, scope)[1])
    listed = operator.get("/do").text
    csrf = operator.get("/do").text.partition('name="csrf" value="')[2].partition('"')[0]
    for route in WRITES:
        allowed = includes({scope}, str(route.scope))
        listed_too = allowed and not route.sandbox
        assert (f'href="/console/do/{route.name}"' in listed) is listed_too, route.name
        assert (operator.get(f"/do/{route.name}").status_code == 403) is not allowed, route.name
        for step in ("try", "do"):
            answer = operator.post(f"/do/{route.name}", {"csrf": csrf, "step": step})
            assert (answer.status_code == 403) is not allowed, route.name


def test_a_sandbox_has_the_form_that_moves_its_clock(tmp_path: Path) -> None:
    with Service(tmp_path / "sandbox.db", "--sandbox") as sandbox:
        operator = Operator(sandbox)
        assert 'href="/console/do/move_clock"' in operator.get("/do").text
        assert "Done" in operator.fill_in("move_clock", {"/advance_seconds": 60}).send("try").send("do").text


def test_a_key_does_not_see_pages_that_it_may_not_read(closed: Service) -> None:
    operator = Operator(closed)
    operator.sign_in(a_key(closed, "plans:read")[1])
    page = operator.get("/plans")
    assert 'href="/console/accounts"' not in page.text
    assert operator.get("/accounts").status_code == 403
    assert "accounts:read" in words(operator.get("/accounts").text)


def test_trying_says_what_would_come_of_it_and_does_nothing(operator: Operator, service: Service) -> None:
    before = service.get("/v1/events", limit=1, after=0).json()["last_position"]
    last = len(service.get("/v1/plans", limit=200).json()["items"])
    draft = operator.fill_in("define_plan", {**PLAN, "/name": "Tried"}).send("try")
    assert "This is what it would do" in draft.text
    assert "Tried (studio) came on sale with 5 seats and 8 member slots." in draft.text
    assert "do" in draft.form.buttons
    assert len(service.get("/v1/plans", limit=200).json()["items"]) == last
    assert service.get("/v1/events", limit=1, after=0).json()["last_position"] == before


def test_numbers_that_would_change_are_told(operator: Operator, service: Service) -> None:
    account_id = sign_up(service)
    values = {"/amount/amount": "1250", "/amount/currency": "EUR", "/reason": "Invoice 7"}
    draft = operator.fill_in("adjust_credit", values, account_id=account_id).send("try")
    assert "Credit amount: 0 becomes 1,250." in draft.text


def test_what_was_tried_is_done(operator: Operator, service: Service) -> None:
    draft = operator.fill_in("define_plan", {**PLAN, "/name": "Done", "/metadata": "sold_in: EU"})
    done = draft.send("try").send("do")
    assert "Done: Define plan" in done.text
    plan = next(one for one in service.get("/v1/plans", limit=200).json()["items"] if one["name"] == "Done")
    assert plan["package"]["user_limit"] == 8
    assert plan["metadata"] == {"sold_in": "EU"}


def test_nothing_is_done_that_was_not_tried(operator: Operator, service: Service) -> None:
    answer = operator.fill_in("define_plan", {**PLAN, "/name": "Hasty"}).send("do")
    assert "This is what it would do" in answer.text or "The form has changed" in answer.text
    assert "Hasty" not in service.get("/v1/plans", limit=200).text


def test_what_was_changed_after_the_try_is_tried_again(operator: Operator, service: Service) -> None:
    tried = operator.fill_in("define_plan", {**PLAN, "/name": "Before"}).send("try")
    answer = tried.send("do", **{"/name": "After"})
    assert "The form has changed since it was tried" in answer.text
    assert "After" not in service.get("/v1/plans", limit=200).text


def test_a_form_that_is_sent_twice_is_done_once(operator: Operator, service: Service) -> None:
    account_id = sign_up(service)
    tried = operator.fill_in("add_member", {"/name": "Bob"}, account_id=account_id).send("try")
    first, second = tried.send("do"), tried.send("do")
    assert "was done once" not in first.text
    assert "was done once" in second.text
    assert service.get(f"/v1/accounts/{account_id}").json()["members"]["count"] == 2


def test_two_operators_at_once_do_not_overwrite_each_other(operator: Operator, service: Service) -> None:
    account_id = sign_up(service)
    mine = operator.fill_in("rename_account", {"/account_name": "Mine"}, account_id=account_id).send("try")
    theirs = Operator(service).fill_in("rename_account", {"/account_name": "Theirs"}, account_id=account_id)
    assert theirs.send("try").send("do").response.status_code == 200
    refused = mine.send("do")
    assert refused.response.status_code == 412
    assert "Somebody else has changed it" in refused.text
    assert "Theirs" in refused.text
    assert service.get(f"/v1/accounts/{account_id}").json()["account_name"] == "Theirs"
    assert refused.send("try").send("do").response.status_code == 200
    assert service.get(f"/v1/accounts/{account_id}").json()["account_name"] == "Mine"


def test_who_tries_after_somebody_else_has_changed_it_may_try_again(operator: Operator, service: Service) -> None:
    account_id = sign_up(service)
    mine = operator.fill_in("rename_account", {"/account_name": "Mine"}, account_id=account_id)
    service.patch(f"/v1/accounts/{account_id}", {"account_name": "Theirs"})
    refused = mine.send("try")
    assert "Somebody else has changed it" in refused.text
    assert "Account name: Theirs becomes Mine." in refused.send("try").text


def test_a_refusal_is_told_as_the_problem_says_it(operator: Operator, service: Service) -> None:
    account_id = sign_up(service, plan_id="00000000-0000-7000-8000-000000000001")
    for name in ("Bob", "Cy"):
        operator.fill_in("add_member", {"/name": name}, account_id=account_id).send("try").send("do")
    draft = operator.fill_in("add_member", {"/name": "Dan"}, account_id=account_id).send("try")
    assert "It would be refused: User limit reached" in draft.text
    assert "/problems/user-limit-reached" in draft.text
    assert "do" not in draft.form.buttons


def test_what_is_wrong_with_a_field_is_said_at_the_field(operator: Operator) -> None:
    draft = operator.fill_in("define_plan", {**PLAN, "/package/user_limit": "0"}).send("try")
    assert "Expected an integer from 1 to 1000000000" in draft.text
    assert 'aria-describedby="field-package-user_limit-hint field-package-user_limit-wrong"' in draft.response.text


def test_a_form_says_what_it_is_about(operator: Operator, service: Service) -> None:
    account_id = sign_up(service, "Looms <&> Co")
    member = service.post(f"/v1/accounts/{account_id}/members", {"name": "Mary"}).json()
    close = operator.fill_in("close_account", account_id=account_id)
    assert "It is about Looms &lt;&amp;&gt; Co ." in close.text
    assert f'href="/console/accounts/{account_id}"' in close.response.text
    assert "It is about Looms &lt;&amp;&gt; Co ." in close.send("try").text
    remove = operator.fill_in("remove_member", account_id=account_id, member_id=member["member_id"])
    assert "It is about Mary, of Looms &lt;&amp;&gt; Co ." in remove.text
    assert "It is about" not in operator.fill_in("sign_up").text


def test_a_secret_is_shown_once(operator: Operator, service: Service) -> None:
    values = {"/url": "https://example.com/hook", "/types": ["member.*"]}
    tried = operator.fill_in("create_webhook", values).send("try")
    assert "whsec_" not in tried.response.text
    first, second = tried.send("do"), tried.send("do")
    assert "whsec_" in first.response.text
    assert "whsec_" not in second.response.text
    assert len(service.get("/v1/webhooks").json()["items"]) == 1


def test_what_has_nothing_to_fill_in_is_tried_at_once(operator: Operator) -> None:
    draft = operator.fill_in("retire_plan", plan_id=TEAM)
    assert "Status: active becomes retired." in draft.text
    assert "do" in draft.form.buttons


def test_a_list_gets_more_rows(operator: Operator, service: Service) -> None:
    account_id = sign_up(service)
    values: dict[str, object] = {"/members/0/name": "Bob", "/members/2/name": "Cy", "/members/2/role": "viewer"}
    more = operator.fill_in("add_members", values, account_id=account_id).send("more")
    assert "/members/12/name" in more.form.names
    more.values["/members/12/name"] = "Dan"
    assert "Done" in more.send("try").send("do").text
    members = service.get(f"/v1/accounts/{account_id}/members").json()["items"]
    assert {(one["name"], one["role"]) for one in members} == {
        ("Ada", "admin"),
        ("Bob", "member"),
        ("Cy", "viewer"),
        ("Dan", "member"),
    }


def test_a_list_gets_a_hundred_rows_at_most(operator: Operator, service: Service) -> None:
    draft = operator.fill_in("add_members", {}, account_id=sign_up(service))
    for _ in range(10):
        draft = draft.send("more")
    assert "/members/99/name" in draft.form.names
    assert "/members/100/name" not in draft.form.names
    assert "more" not in draft.form.buttons
    assert "seatkeeper import" in draft.text


def test_the_name_of_no_write_is_no_form(operator: Operator) -> None:
    assert [operator.get(f"/do/{name}").status_code for name in ("list_plans", "nothing")] == [404, 404]
