"""What operators do at the console, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.console.browser.stage import Stage, Trouble, overflow, press, sign_in
from tests.console.world import FREE, TEAM, World, done

MARKUP = """<script>pwned = 1</script><img src=x onerror="pwned = 1">"'>{{ 7 * 7 }}"""

WIDE = {"name": "Ten thousand", "type": "huge", "package": {"total_seats": 10, "user_limit": 20_000}}


def press_try(page: Page) -> None:
    press(page, "Try it")


def press_do(page: Page) -> None:
    press(page, "Do it")


def fill_in_sign_up(page: Page, name: str) -> None:
    page.goto("/console/do/sign_up")
    page.locator("#field-account_name").fill(name)
    page.locator("#field-user_name").fill("Nora Quist")
    page.locator("#field-plan_id").select_option(TEAM)


def an_account(stage: Stage, name: str, plan: str = TEAM) -> str:
    made = done(stage.service.post("/v1/signups", {"account_name": name, "user_name": "Ada", "plan_id": plan}))
    return made["account"]["account_id"]


def names(stage: Stage) -> list[str]:
    items = stage.service.get("/v1/accounts", limit=200).json()["items"]
    return [str(item["account_name"]) for item in items]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_sign_up_is_tried_and_then_done(stage: Stage, scripts: bool) -> None:  # noqa: FBT001 - a parameter
    trouble, name = Trouble(stage.service.url), f"Signed up here, {scripts}"
    with stage.visit(scripts=scripts, trouble=trouble) as page:
        fill_in_sign_up(page, name)
        press_try(page)
        assert "This is what it would do" in page.locator("#outcome").inner_text()
        assert name not in names(stage)
        press_do(page)
        assert page.locator("h1").inner_text() == "Done: Sign up"
        assert name in names(stage)
        page.get_by_role("link", name="To the account").click()
        page.get_by_role("heading", name=name).wait_for()
        page.goto("/console/journal")
        assert name in page.locator("tbody").inner_text()
    assert trouble.found == []


def test_a_sign_up_is_done_with_the_keyboard_alone(stage: Stage) -> None:
    with stage.visit() as page:
        page.goto("/console/do/sign_up")
        values = {"field-account_name": "By keyboard", "field-user_name": "Kim", "field-plan_id": "Team"}
        for field, value in values.items():
            _tab_to(page, f"document.activeElement.id === '{field}'")
            page.keyboard.type(value)
        for button in ("Try it", "Do it"):
            _tab_to(page, f"document.activeElement.textContent === '{button}'")
            with page.expect_navigation():
                page.keyboard.press("Enter")
        assert page.locator("h1").inner_text() == "Done: Sign up"
    assert "By keyboard" in names(stage)


def test_what_a_form_would_do_is_in_sight_with_the_button_that_does_it(stage: Stage) -> None:
    seen = """element => { const {top, bottom} = element.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight; }"""
    with stage.visit() as page:
        fill_in_sign_up(page, "In sight")
        press_try(page)
        assert page.locator("#outcome").evaluate(seen)
        assert page.get_by_role("button", name="Do it").evaluate(seen)


def _tab_to(page: Page, reached: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    pytest.fail(f"the keyboard does not reach it: {reached}")


def test_what_is_wrong_stands_at_the_field(stage: Stage) -> None:
    with stage.visit() as page:
        fill_in_sign_up(page, "Wrong address")
        page.locator("#field-user_email").fill("nobody at all")
        press_try(page)
        field = page.locator("#field-user_email")
        assert field.get_attribute("aria-invalid") == "true"
        described = (field.get_attribute("aria-describedby") or "").split()
        assert page.locator(f"#{described[-1]}").inner_text().strip()
        assert field.input_value() == "nobody at all"


def test_a_refusal_says_what_the_problem_says(stage: Stage) -> None:
    account = an_account(stage, "Full house", FREE)
    for name in ("Bo", "Cy"):
        done(stage.service.post(f"/v1/accounts/{account}/members", {"name": name}))
    with stage.visit() as page:
        page.goto(f"/console/do/add_member?account_id={account}")
        page.locator("#field-name").fill("Di")
        press_try(page)
        told = page.get_by_role("alert").inner_text()
        assert "It would be refused" in told
        assert "/problems/user-limit-reached" in told
        assert page.get_by_role("button", name="Do it").count() == 0


def test_a_form_with_rows_gets_more_of_them(stage: Stage) -> None:
    account = an_account(stage, "Many rows")
    with stage.visit() as page:
        page.goto(f"/console/do/add_members?account_id={account}")
        page.locator("[name='/members/0/name']").fill("First")
        rows = page.locator("fieldset.row").count()
        press(page, "More rows")
        assert page.locator("fieldset.row").count() > rows
        page.locator("[name='/members/1/name']").fill("Second")
        press_try(page)
        press_do(page)
    listed = stage.service.get(f"/v1/accounts/{account}/members").json()["items"]
    assert [member["name"] for member in listed][1:] == ["First", "Second"]


def test_a_key_is_shown_once_and_works(stage: Stage) -> None:
    with stage.visit() as page:
        page.goto("/console/do/create_api_key")
        page.locator("#field-name").fill("Made here")
        page.get_by_role("checkbox", name="plans:read").check()
        press_try(page)
        press_do(page)
        secret = page.locator("#secret").inner_text()
    answer = stage.service.send("GET", "/v1/plans", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200


def test_a_form_with_nothing_to_fill_in_is_tried_at_once(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto(f"/console/do/retire_plan?plan_id={world.plan}")
        assert "This is what it would do" in page.locator("#outcome").inner_text()
    assert stage.service.get(f"/v1/plans/{world.plan}").json()["status"] == "active"


def test_the_second_of_two_operators_is_told_of_the_first(stage: Stage) -> None:
    account = an_account(stage, "Two operators")
    form = f"/console/do/rename_account?account_id={account}"
    with stage.visit() as one, stage.visit() as two:
        for page, name in ((one, "The first was here"), (two, "The second was here")):
            page.goto(form)
            page.locator("#field-account_name").fill(name)
            press_try(page)
        press_do(one)
        press_do(two)
        told = two.get_by_role("alert").inner_text()
        assert "Somebody else has changed it since this page was shown." in told
        assert two.locator("#field-account_name").input_value() == "The second was here"
        assert "The first was here" in names(stage)
        press_try(two)
        assert "The first was here becomes The second was here" in two.locator("#outcome").inner_text()
        press_do(two)
    assert "The second was here" in names(stage)


def test_a_page_leads_to_the_sign_in_by_itself_when_its_key_is_revoked(stage: Stage) -> None:
    made = done(stage.service.post("/v1/api-keys", {"name": "Soon over", "scopes": ["admin"]}))
    with stage.visit(str(made["secret"])) as page:
        page.goto("/console/journal")
        done(stage.service.post(f"/v1/api-keys/{made['api_key']['key_id']}/revoke"))
        page.wait_for_url("**/console/sign-in*")
        sign_in(page, stage.key)
        assert page.locator("h1").inner_text() == "Overview"


def test_a_session_that_is_over_leads_back_to_where_one_was(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto("/console/accounts")
        page.context.clear_cookies()
        page.goto(f"/console/accounts/{world.account}")
        assert "/console/sign-in?back=" in page.url
        page.get_by_label("API key").fill(stage.key)
        press(page, "Sign in")
        assert page.url.endswith(f"/console/accounts/{world.account}")


def test_a_key_that_does_not_work_is_told_so(stage: Stage) -> None:
    with stage.visit(signed_in=False) as page:
        sign_in(page, "sk_01900000-0000-7000-8000-00000000000a_wrong")
        assert "This key does not work" in page.get_by_role("alert").inner_text()


def test_who_signs_out_has_no_session_any_more(stage: Stage) -> None:
    with stage.visit() as page:
        page.goto("/console")
        press(page, "Sign out")
        page.goto("/console/accounts")
        assert "/console/sign-in" in page.url


def test_a_key_that_may_only_read_is_shown_no_actions(stage: Stage, world: World) -> None:
    with stage.visit(world.reader) as page:
        page.goto(f"/console/accounts/{world.account}")
        assert page.locator("a[href*='/console/do/']").count() == 0
        page.goto("/console")
        assert page.locator("#pictures").count() == 0
        assert page.get_by_text("What is due next").is_visible()


def test_a_name_full_of_markup_is_only_a_name(stage: Stage) -> None:
    trouble = Trouble(stage.service.url)
    plan = done(stage.service.post("/v1/plans", {**WIDE, "name": MARKUP}))["plan_id"]
    made = done(stage.service.post("/v1/signups", {"account_name": MARKUP, "user_name": MARKUP, "plan_id": plan}))
    account, member = made["account"]["account_id"], made["member"]["member_id"]
    body = {"metadata": {"note": MARKUP}, "external_id": MARKUP}
    done(stage.service.patch(f"/v1/accounts/{account}", body))
    one = f"/console/accounts/{account}"
    below = [one, f"{one}/members", f"{one}/members/{member}", f"{one}/history"]
    with stage.visit(trouble=trouble) as page:
        for path in (*below, "/console/accounts", "/console/journal", f"/console/plans/{plan}", "/console/plans"):
            page.goto(path)
            assert MARKUP in page.locator("main").inner_text(), path
            assert page.evaluate("typeof pwned") == "undefined", path
            assert page.locator("main img, main script").count() == 0, path
        page.goto(f"/console/do/rename_account?account_id={account}")
        page.locator("#field-account_name").fill(f"{MARKUP}!")
        press_try(page)
        assert f"{MARKUP} becomes {MARKUP}!" in page.locator("#outcome").inner_text()
        assert page.locator("#field-account_name").input_value() == f"{MARKUP}!"
    assert trouble.found == []


def test_ten_thousand_members_are_found_in(stage: Stage) -> None:
    plan = str(done(stage.service.post("/v1/plans", WIDE))["plan_id"])
    account = an_account(stage, "Ten thousand members", plan)
    for thousand in range(10):
        members = [{"name": f"Member {1000 * thousand + number}"} for number in range(1000)]
        done(stage.service.post(f"/v1/accounts/{account}/members/bulk", {"members": members}))
    with stage.visit() as page:
        page.goto(f"/console/accounts/{account}")
        assert "10,001" in page.locator("main").inner_text()
        assert page.locator("tbody tr").count() < 200
        page.goto(f"/console/accounts/{account}/members?limit=200")
        assert overflow(page) <= 0
        page.get_by_role("link", name="Next page").click()
        page.get_by_text("Member 300", exact=True).wait_for()
        page.goto(f"/console/accounts/{account}/members?q=Member+7777")
        assert page.locator("tbody th").all_inner_texts() == ["Member 7777"]
