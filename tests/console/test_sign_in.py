"""Signing in with a key: who is let in, for how long, and what a form has to come with."""

from __future__ import annotations

import pytest
import requests

from seatkeeper.http.access.credentials import new_credential
from tests.console.operators import ROOT_ID, TEAM, Form, Operator, a_key
from tests.service import REQUEST_DEADLINE, Service


def signed_in(closed: Service, *scopes: str) -> Operator:
    operator = Operator(closed)
    key = a_key(closed, *scopes)[1] if scopes else closed.key
    assert operator.sign_in(str(key)).status_code == 303
    return operator


def test_who_has_not_signed_in_is_led_to_the_sign_in(closed: Service) -> None:
    answer = Operator(closed).get("/accounts", q="Ada")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/console/sign-in?back=%2Fconsole%2Faccounts%3Fq%3DAda",
    )


def test_a_key_begins_a_session(closed: Service) -> None:
    operator = signed_in(closed)
    page = operator.get("/accounts")
    assert page.status_code == 200
    assert f"Key {ROOT_ID}" in page.text


def test_the_sign_in_leads_back_to_the_page_that_was_asked_for(closed: Service) -> None:
    operator = Operator(closed)
    form = Form(operator.get("/sign-in", back="/console/plans").text, "/console/sign-in")
    assert operator.post("/sign-in", {**form.fields, "key": closed.key}).headers["Location"] == "/console/plans"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/v1/plans", "/console/\\x"])
def test_the_sign_in_leads_nowhere_else(closed: Service, back: str) -> None:
    operator = Operator(closed)
    form = Form(operator.get("/sign-in").text, "/console/sign-in")
    sent = {**form.fields, "key": closed.key, "back": back}
    assert operator.post("/sign-in", sent).headers["Location"] == "/console"


def test_the_cookie_is_for_no_script_and_no_other_site(closed: Service) -> None:
    cookie = Operator(closed).sign_in(str(closed.key)).headers["Set-Cookie"]
    assert cookie.startswith(f"seatkeeper-session={ROOT_ID}.")
    assert {"HttpOnly", "SameSite=Strict", "Path=/console", "Max-Age=28800"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_the_cookie_is_secure_when_a_trusted_proxy_says_https(closed: Service) -> None:
    cookie = Operator(closed, **{"X-Forwarded-Proto": "https"}).sign_in(str(closed.key)).headers["Set-Cookie"]
    assert "Secure" in cookie.split("; ")


def test_the_cookie_holds_no_secret(closed: Service) -> None:
    cookie = Operator(closed).sign_in(str(closed.key)).headers["Set-Cookie"]
    assert str(closed.key).rpartition("_")[2] not in cookie


def test_a_wrong_key_begins_nothing(closed: Service) -> None:
    operator = Operator(closed)
    answer = operator.sign_in(str(new_credential(ROOT_ID)))
    assert answer.status_code == 401
    assert "This key does not work" in answer.text
    assert operator.get("/accounts").status_code == 303


def test_guessing_keys_is_counted_as_it_is_for_the_api(closed: Service) -> None:
    operator = Operator(closed, **{"X-Forwarded-For": "203.0.113.7"})
    tries = (operator.sign_in(str(new_credential(ROOT_ID))) for _ in range(1_000))
    refused = next(answer for answer in tries if answer.status_code != 401)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    elsewhere = Operator(closed, **{"X-Forwarded-For": "203.0.114.7"})
    assert elsewhere.sign_in(a_key(closed, "plans:read")[1]).status_code == 303


def test_a_forged_cookie_is_no_session(closed: Service) -> None:
    operator = signed_in(closed)
    known = operator.session.cookies["seatkeeper-session"]
    key_id, expires, sealed = known.split(".")
    for forged in (f"{key_id}.{int(expires) + 1}.{sealed}", f"{key_id}.{expires}.{'0' * len(sealed)}", "x", ""):
        other = Operator(closed, Cookie=f"seatkeeper-session={forged}")
        assert other.get("/plans").status_code == 303


def test_a_session_ends_when_its_key_is_revoked(closed: Service) -> None:
    key_id, secret = a_key(closed, "plans:read")
    operator = Operator(closed)
    operator.sign_in(secret)
    assert operator.get("/plans").status_code == 200
    closed.post(f"/v1/api-keys/{key_id}/revoke")
    assert operator.get("/plans").status_code == 303


def test_a_session_ends_when_its_key_has_another_secret(closed: Service) -> None:
    key_id, secret = a_key(closed, "plans:read")
    operator = Operator(closed)
    operator.sign_in(secret)
    closed.post(f"/v1/api-keys/{key_id}/rotate", {"overlap_seconds": 0})
    assert operator.get("/plans").status_code == 303


def test_a_session_goes_on_while_the_earlier_secret_works(closed: Service) -> None:
    key_id, secret = a_key(closed, "plans:read")
    operator = Operator(closed)
    operator.sign_in(secret)
    closed.post(f"/v1/api-keys/{key_id}/rotate", {"overlap_seconds": 600})
    assert operator.get("/plans").status_code == 200


def test_signing_out_ends_the_session(closed: Service) -> None:
    operator = signed_in(closed)
    answer = operator.post("/sign-out", {"csrf": operator.token()})
    assert answer.headers["Location"] == "/console/sign-in"
    assert operator.get("/plans").status_code == 303


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_without_the_token_of_its_session_is_refused(closed: Service, token: str | None) -> None:
    operator = signed_in(closed)
    form = {"id:plan_id": TEAM, "step": "try", **({} if token is None else {"csrf": token})}
    answer = operator.post("/do/retire_plan", form)
    assert answer.status_code == 403
    assert "/problems/form-not-allowed" in answer.text


def test_the_token_of_another_session_is_refused(closed: Service) -> None:
    other, operator = signed_in(closed, "plans:write"), signed_in(closed)
    answer = operator.post("/do/retire_plan", {"csrf": other.token(), "id:plan_id": TEAM, "step": "try"})
    assert answer.status_code == 403


@pytest.mark.parametrize("header", [("Origin", "https://elsewhere.example"), ("Sec-Fetch-Site", "cross-site")])
def test_a_form_from_another_site_is_refused(closed: Service, header: tuple[str, str]) -> None:
    operator = signed_in(closed)
    form = {"csrf": operator.token(), "id:plan_id": TEAM, "step": "try"}
    answer = operator.post("/do/retire_plan", form, **{header[0]: header[1]})
    assert answer.status_code == 403
    assert "/problems/origin-not-allowed" in answer.text


def test_a_form_behind_a_proxy_with_another_host_is_known_by_what_the_browser_says(closed: Service) -> None:
    operator = signed_in(closed)
    form = {"csrf": operator.token(), "id:plan_id": TEAM, "step": "try"}
    told = {"Origin": "https://seats.example", "Sec-Fetch-Site": "same-origin"}
    assert operator.post("/do/retire_plan", form, **told).status_code == 200


def test_a_wrong_token_is_refused_by_an_open_service_too(operator: Operator) -> None:
    operator.get("/plans")
    assert operator.post("/do/retire_plan", {"csrf": "0" * 64, "id:plan_id": TEAM}).status_code == 403


@pytest.mark.parametrize("value", [b"\xff\xfe", b"x", b"\xc3\xa9" * 43], ids=["bytes", "short", "letters"])
def test_a_cookie_that_is_none_of_ours_is_replaced(service: Service, value: bytes) -> None:
    given = {"Cookie": b"seatkeeper-visit=" + value}
    answer = requests.get(f"{service.url}/console/do/sign_up", headers=given, timeout=REQUEST_DEADLINE)
    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("seatkeeper-visit=")


def test_a_form_that_needs_no_session_is_a_short_one(closed: Service) -> None:
    operator = Operator(closed)
    form = Form(operator.get("/sign-in").text, "/console/sign-in")
    assert operator.post("/sign-in", {**form.fields, "key": "x" * 65_536}).status_code == 413
    assert operator.post("/sign-in", {**form.fields, "key": "x" * 60_000}).status_code == 401


def test_a_key_with_a_rate_is_held_to_it(closed: Service) -> None:
    made = closed.post("/v1/api-keys", {"name": "slow", "scopes": ["plans:read"], "rate_limit": 1}).json()
    operator = Operator(closed)
    operator.sign_in(made["secret"])
    answers = [operator.get("/plans") for _ in range(4)]
    assert answers[-1].status_code == 429
    assert "Retry-After" in answers[-1].headers


def test_what_is_done_is_recorded_with_the_key(closed: Service) -> None:
    operator = signed_in(closed)
    values = {"/name": "Recorded", "/type": "recorded", "/package/total_seats": "1", "/package/user_limit": "1"}
    operator.fill_in("define_plan", values).send("try").send("do")
    events = closed.get("/v1/events", types="plan.defined", limit=200).json()["items"]
    assert [event["context"]["actor"] for event in events if event["data"]["name"] == "Recorded"] == [
        f"console:{ROOT_ID}"
    ]


def test_a_form_that_the_visitor_may_not_send_is_refused_before_it_is_read(closed: Service) -> None:
    answer = signed_in(closed, "plans:read").post("/do/define_plan", {"/name": "x" * 2_000_000})
    assert answer.status_code == 403
