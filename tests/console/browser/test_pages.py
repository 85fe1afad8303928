"""Every page of the console, in a real browser: in light and dark, by keyboard, on a phone, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.console.forms.forms import WITHOUT_FORM
from tests import suite
from tests.console.browser.stage import DESK, PHONE, Stage, Trouble, accessibility, overflow
from tests.console.world import World, page_paths

EACH = pytest.mark.parametrize("path", page_paths())

KINDS = {"sign_up", "define_plan", "add_members", "create_api_key"}
"""Forms with a field of each kind, and with rows."""

FORMS = [
    route.name if route.name in KINDS else pytest.param(route.name, marks=suite.thorough)
    for route in ROUTES
    if route.writes and route.name not in WITHOUT_FORM
]


def address(world: World, path: str) -> str:
    return f"/console{path.format(**world.ids)}"


class Desk(NamedTuple):
    """One page for all looks, so that the browser reads what pages load once."""

    page: Page
    trouble: Trouble

    def look_at(self, path: str) -> None:
        """Open a page, and hold that it is sound, in light and dark and on a phone."""
        self.trouble.found.clear()
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESK)
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 200
        assert self.page.locator("h1").count() == 1
        assert accessibility(self.page) == []
        self.page.emulate_media(color_scheme="dark")
        assert accessibility(self.page, "color-contrast") == []
        self.page.set_viewport_size(PHONE)
        assert overflow(self.page) <= 0
        assert self.trouble.found == []


@pytest.fixture(scope="module")
def desk(stage: Stage) -> Iterator[Desk]:
    trouble = Trouble(stage.service.url)
    with stage.visit(trouble=trouble) as page:
        yield Desk(page, trouble)


@EACH
def test_a_page_is_sound_in_light_and_dark_and_on_a_phone(desk: Desk, world: World, path: str) -> None:
    desk.look_at(address(world, path))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_sound(desk: Desk, name: str) -> None:
    desk.look_at(f"/console/do/{name}")


def test_the_sign_in_page_is_sound(stage: Stage) -> None:
    trouble = Trouble(stage.service.url)
    with stage.visit(signed_in=False, trouble=trouble) as page:
        Desk(page, trouble).look_at("/console/sign-in")


@EACH
def test_a_page_says_what_it_says_without_scripts(stage: Stage, world: World, path: str) -> None:
    with stage.visit(scripts=False) as page:
        page.goto(address(world, path))
        assert page.locator("main h1").is_visible()
        assert page.locator("main table, main form, main dl, main li").count() > 0


def test_a_page_that_is_not_there_says_so(stage: Stage) -> None:
    with stage.visit() as page:
        answer = page.goto("/console/nothing")
        assert answer is not None
        assert answer.status == 404
        assert accessibility(page) == []


def test_the_skip_link_comes_first_and_leads_to_the_content(stage: Stage) -> None:
    with stage.visit() as page:
        page.goto("/console/accounts")
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name="Skip to the content")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        box = link.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_everything_that_has_the_focus_shows_it(stage: Stage, world: World) -> None:
    shows = """() => { const style = getComputedStyle(document.activeElement);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none"; }"""
    with stage.visit() as page:
        page.goto(f"/console/accounts/{world.account}")
        for _ in range(30):
            page.keyboard.press("Tab")
            assert page.evaluate(shows), page.evaluate("document.activeElement.outerHTML")


def test_a_delivery_tells_its_event(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto(f"/console/webhooks/{world.webhook}")
        told = page.get_by_role("row").filter(has_text="Alder & Finch opened on Team").first
        for _ in range(600):
            if told.count():
                break
            page.reload()
        told.get_by_role("link", name="Alder & Finch").click()
        page.wait_for_url(f"**/accounts/{world.account}")


def test_the_pictures_are_drawn_and_said(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto("/console")
        page.wait_for_function("() => Number(document.getElementById('pictures').dataset.drawn) > 0")
        assert page.locator(".picture canvas").count() == 6
        said = page.locator("[data-picture=signups]").get_attribute("aria-label")
        assert said is not None
        assert "Sign-ups: now" in said
    assert world.account


def test_a_legend_changes_its_colours_with_the_scheme(stage: Stage) -> None:
    marker = "document.querySelector('[data-picture=signups] .u-series:last-child .u-marker').style.borderColor"
    with stage.visit() as page:
        page.goto("/console")
        page.wait_for_function("() => Number(document.getElementById('pictures').dataset.drawn) > 0")
        light = page.evaluate(marker)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"light => {marker} !== light", arg=light)


def test_the_numbers_of_the_overview_come_again_by_themselves(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto("/console")
        before = page.locator(".tiles").inner_text()
        stage.service.post(f"/v1/accounts/{world.accounts[1]}/grants", {"seats": 1, "reason": "One more"})
        page.wait_for_function("text => document.querySelector('.tiles').innerText !== text", arg=before)


def test_new_events_come_into_the_journal_by_themselves(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto("/console/journal")
        stage.service.patch(f"/v1/accounts/{world.accounts[2]}", {"account_name": "Renamed Live"})
        page.get_by_text("Renamed Live").first.wait_for()
        positions = [int(text.replace(",", "")) for text in page.locator("tbody th[scope=row]").all_inner_texts()]
        assert positions == sorted(set(positions), reverse=True)


def test_a_journal_that_is_paused_stays(stage: Stage, world: World) -> None:
    with stage.visit() as page:
        page.goto("/console/journal")
        page.get_by_role("link", name="Pause").click()
        assert page.locator("[hx-get]").count() == 0
    assert world.account
