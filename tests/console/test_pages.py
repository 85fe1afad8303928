"""The pages: what each shows, and that what customers have written stays text."""

from __future__ import annotations

import json
import re

import pytest

from tests.console.operators import TEAM, Operator, a_closed_service, sign_up, words
from tests.service import Service

MARKUP = "<script>alert('1')</script>\" onload=\"x & <b>"
MANY = 10_000
NOBODY = "01900000-0000-7000-8000-0123456789ab"


@pytest.fixture(scope="module")
def crowd(service: Service) -> str:
    """An account with 10,000 members."""
    plan = {"name": "Crowd", "type": "crowd", "package": {"total_seats": MANY, "user_limit": 2 * MANY}}
    account_id = sign_up(service, "Crowd", service.post("/v1/plans", plan).json()["plan_id"])
    for first in range(1, MANY, 1_000):
        names = [{"name": f"Member {number:05}"} for number in range(first, min(first + 1_000, MANY))]
        assert service.post(f"/v1/accounts/{account_id}/members/bulk", {"members": names}).status_code == 200
    return account_id


@pytest.fixture(scope="module")
def marked(service: Service) -> dict[str, str]:
    """Markup wherever somebody can write it, and the pages that show it."""
    account_id = sign_up(service, MARKUP)
    base = f"/v1/accounts/{account_id}"
    metadata = {"metadata": {MARKUP[:40]: MARKUP}, "external_id": MARKUP}
    service.patch(base, metadata)
    member = service.post(f"{base}/members", {"name": MARKUP, **metadata}).json()
    service.post(f"{base}/grants", {"members": 3, "reason": MARKUP})
    service.post(f"{base}/invitations", {"email": "bob@example.com"})
    plan = service.post("/v1/plans", {"name": MARKUP, "type": "x", "package": {"total_seats": 1, "user_limit": 1}})
    hook = service.post("/v1/webhooks", {"url": "https://example.com/%3Cb%3E"}).json()["webhook"]
    here = f"/accounts/{account_id}"
    return {
        "account": here,
        "past": f"{here}?as_of=100000",
        "members": f"{here}/members",
        "member": f"{here}/members/{member['member_id']}",
        "invitations": f"{here}/invitations",
        "grants": f"{here}/grants",
        "timers": f"{here}/timers",
        "history": f"{here}/history",
        "diff": f"{here}/diff?from=1",
        "accounts": "/accounts",
        "found": "/accounts?by=member_external_id&q=%3Cscript%3E",
        "plans": "/plans",
        "plan": f"/plans/{plan.json()['plan_id']}",
        "webhooks": "/webhooks",
        "webhook": f"/webhooks/{hook['webhook_id']}",
        "keys": "/keys",
        "journal": "/journal?limit=200",
        "forms": "/do",
        "form": f"/do/rename_account?account_id={account_id}",
        "overview": "",
    }


PAGES = (
    *("account", "past", "members", "member", "invitations", "grants", "timers", "history", "diff", "accounts"),
    *("found", "plans", "plan", "webhooks", "webhook", "keys", "journal", "forms", "form", "overview"),
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_answers_under_its_policy_and_shows_markup_as_text(
    operator: Operator, marked: dict[str, str], name: str
) -> None:
    page = operator.get(marked[name])
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script>alert" not in page.text
    assert 'onload="' not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.text.count("<h1>") == 1
    assert " style=" not in page.text
    assert "<style" not in page.text


def test_the_markup_is_there(operator: Operator, marked: dict[str, str]) -> None:
    assert "&lt;script&gt;alert" in operator.get(marked["account"]).text


def test_a_search_finds_by_name_person_and_external_id(operator: Operator, service: Service) -> None:
    body = {"account_name": "Needle", "user_name": "Nell", "plan_id": TEAM, "user_email": "nell@example.com"}
    service.post("/v1/signups", {**body, "external_id": "crm-7", "user_external_id": "u-7"})
    for by, sought in (
        ("name", "eedl"),
        ("email", "nell@example.com"),
        ("external_id", "crm-7"),
        ("member_external_id", "u-7"),
    ):
        page = operator.get("/accounts", by=by, q=sought)
        assert "Needle" in page.text
        assert "Crowd" not in page.text


def test_accounts_are_filtered_and_paged(operator: Operator, service: Service) -> None:
    ids = [sign_up(service, f"Paged {number}") for number in range(3)]
    service.post(f"/v1/accounts/{ids[0]}/suspend")
    assert "Paged 1" not in operator.get("/accounts", status="suspended", q="Paged").text
    first = operator.get("/accounts", q="Paged", limit="2").text
    assert ("Paged 2" in first, "Paged 0" in first) == (True, False)
    following = first.partition('rel="next"')[0].rpartition('href="/console')[2].partition('"')[0]
    assert "Paged 0" in operator.get(following.replace("&amp;", "&")).text


@pytest.mark.parametrize("path", ["", "/members", "/members?q=09999", "/history", "/diff?from=1", "/members?limit=200"])
def test_a_page_answers_for_ten_thousand_members(operator: Operator, crowd: str, path: str) -> None:
    page = operator.get(f"/accounts/{crowd}{path}")
    assert page.status_code == 200
    assert len(page.text) < 300_000


def test_the_limits_of_ten_thousand_members_are_explained_on_their_own_page(operator: Operator, crowd: str) -> None:
    assert f'href="/console/accounts/{crowd}/limits"' in operator.get(f"/accounts/{crowd}").text
    page = words(operator.get(f"/accounts/{crowd}/limits").text)
    assert "10,000 of 20,000 used" in page


def test_a_history_begins_with_the_newest_and_goes_back(operator: Operator, crowd: str) -> None:
    page = words(operator.get(f"/accounts/{crowd}/history").text)
    assert page.index("Member 09999") < page.index("Member 09998")
    assert "Member 09000" not in page
    older = words(operator.get(f"/accounts/{crowd}/history", before="2").text)
    assert " opened on " in older


def test_a_history_says_who_and_when(operator: Operator, service: Service) -> None:
    page = operator.get(f"/accounts/{sign_up(service, 'Told')}/history").text
    assert "somebody, without a key" in page
    assert '<time datetime="2' in page


def test_a_history_and_the_journal_know_the_newest_names(operator: Operator, service: Service) -> None:
    account_id = sign_up(service, "Old Looms")
    member_id = service.get(f"/v1/accounts/{account_id}/members").json()["items"][0]["member_id"]
    service.patch(f"/v1/accounts/{account_id}", {"account_name": "New Looms"})
    service.patch(f"/v1/accounts/{account_id}/members/{member_id}", {"name": "Bea"})
    service.put(f"/v1/accounts/{account_id}/members/{member_id}/seat")
    for page in (operator.get(f"/accounts/{account_id}/history"), operator.get("/journal", account_id=account_id)):
        assert "Bea took a seat." in words(page.text)
        assert f'<a href="/console/accounts/{account_id}">Old Looms</a>' not in page.text


def test_a_difference_between_two_moments_is_told(operator: Operator, service: Service) -> None:
    account_id = sign_up(service, "Early")
    before = service.get(f"/v1/accounts/{account_id}/events").json()["items"][-1]["position"]
    service.patch(f"/v1/accounts/{account_id}", {"account_name": "Late"})
    page = words(operator.get(f"/accounts/{account_id}/diff", **{"from": str(before)}).text)
    assert "Account name Early Late" in page
    assert "The account is called Late now." in page


def test_limits_say_why_and_the_ways_to_one_more(operator: Operator, service: Service) -> None:
    account_id = sign_up(service, plan_id="00000000-0000-7000-8000-000000000001")
    service.post(f"/v1/accounts/{account_id}/members/bulk", {"members": [{"name": "B"}, {"name": "C"}]})
    page = words(operator.get(f"/accounts/{account_id}").text)
    assert "Members: 3 of 3 used" in page
    assert "+3 from plan" in page
    assert "Ways to one more" in page


def test_a_plan_shows_its_revisions_and_who_is_on_it(operator: Operator, service: Service) -> None:
    plan = {"name": "Revised", "type": "revised", "package": {"total_seats": 1, "user_limit": 2}}
    plan_id = service.post("/v1/plans", plan).json()["plan_id"]
    sign_up(service, "On it", plan_id)
    service.put(f"/v1/plans/{plan_id}/package", {"total_seats": 7, "user_limit": 9})
    page = words(operator.get(f"/plans/{plan_id}").text)
    _, _, changed = page.partition("Revision 2 of the plan sells")
    assert changed.strip().startswith("7 seats and 9 member slots.")
    assert "On it" in page
    assert f"Plan ID {plan_id}" in page


@pytest.mark.parametrize(
    ("path", "says"),
    [("/nothing", "There is no resource at this path"), (f"/accounts/{NOBODY}", "account"), ("/accounts/x", "account")],
)
def test_what_is_not_there_is_told_as_the_problem_says_it(operator: Operator, path: str, says: str) -> None:
    page = operator.get(path)
    assert page.status_code == 404
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert says in words(page.text)
    assert "Content-Security-Policy" in page.headers


def test_a_filter_that_is_wrong_is_told(operator: Operator) -> None:
    page = operator.get("/journal", types="nothing.*")
    assert page.status_code == 400
    assert "/types" in words(page.text)


def test_a_page_knows_its_methods(operator: Operator) -> None:
    answer = operator.post("/accounts", {})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


def test_style_sheets_are_kept_by_their_digest(operator: Operator) -> None:
    address = operator.get("/plans").text.partition('href="/console/static/console.css')[2].partition('"')[0]
    assert address.startswith("?")
    asset = operator.get(f"/static/console.css{address}")
    assert asset.headers["Content-Type"].startswith("text/css")
    assert "immutable" in asset.headers["Cache-Control"]


def test_static_files_stay_in_their_folder(operator: Operator) -> None:
    for path in ("/static/", "/static/..%2Fconsole.py", "/static/nothing.css"):
        assert operator.get(path).status_code == 404


def test_the_document_of_the_api_does_not_know_the_console(service: Service) -> None:
    assert not any(path.startswith("/console") for path in json.loads(service.get("/openapi.json").text)["paths"])


def test_a_service_without_a_console_has_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    with a_closed_service(tmp_path_factory.mktemp("without"), "--no-console") as service:
        answer = Operator(service).get("/plans")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_an_account_is_offered_what_would_change_it(operator: Operator, service: Service) -> None:
    account_id = sign_up(service, "Comes to an end")
    assert "reactivate_account" not in offered(operator, account_id)
    assert offered(operator, account_id) > {"rename_account", "suspend_account", "add_member", "invite", "make_grant"}
    service.post(f"/v1/accounts/{account_id}/suspend")
    assert offered(operator, account_id) == {"reactivate_account", "close_account"}
    service.post(f"/v1/accounts/{account_id}/close")
    assert offered(operator, account_id) == set()


def offered(operator: Operator, account_id: str) -> set[str]:
    """The names of the forms that the pages of an account lead to."""
    parts = ("", "/members", "/invitations", "/grants")
    pages = "".join(operator.get(f"/accounts/{account_id}{part}").text for part in parts)
    return set(re.findall(r'href="/console/do/(\w+)', pages))
