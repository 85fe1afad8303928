"""Takes the pictures of the console's pages in docs/pictures/, or in another folder: `make screenshots ARGS=folder`."""

from __future__ import annotations

import http.server
import io
import math
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import FloatRect, Page, ViewportSize

from tests.console.browser.stage import Scheme, Stage, press, staged
from tests.console.world import BUSINESS, FREE, TEAM, World, done, furnish
from tests.service import Service

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"

OFTEN = (
    "from seatkeeper.http.console import history; history.EVERY = 1.0;"
    " from seatkeeper.http.cli.main import main; raise SystemExit(main())"
)
"""The service, with a sample a second: half an hour of them takes as long as the pictures."""

WINDOWS = {"wide": ViewportSize(width=1280, height=800), "narrow": ViewportSize(width=390, height=844)}
TALLEST = 1200
"""Pixels of a picture, at most: what follows on a long page looks like what is there."""
COLOURS = 128

DRAWN = "() => Number(document.getElementById('pictures').dataset.drawn) > 100"
"""Whether there is something to see in the charts."""

SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def pages(service: Service, world: World) -> dict[str, str]:
    """Name each page that a picture is taken of; the overview comes last, when there is most to draw."""
    account = f"/console/accounts/{world.account}"
    opened = service.get(f"/v1/accounts/{world.account}/events", limit=1).json()["items"][0]["position"]
    return {
        "accounts": "/console/accounts",
        "account": account,
        "members": f"{account}/members",
        "member": f"{account}/members/{world.member}",
        "invitations": f"{account}/invitations",
        "limits": f"{account}/limits",
        "grants": f"{account}/grants",
        "timers": f"{account}/timers",
        "history": f"{account}/history",
        "diff": f"{account}/diff?from={opened}",
        "plans": "/console/plans",
        "plan": f"/console/plans/{world.plan}",
        "webhooks": "/console/webhooks",
        "webhook": f"/console/webhooks/{world.webhook}",
        "keys": "/console/keys",
        "key": f"/console/keys/{world.key}",
        "actions": "/console/do",
        "problem": "/console/accounts/01900000-0000-7000-8000-000000000000",
        "journal": "/console/journal",
        "overview": "/console",
    }


class Camera(NamedTuple):
    """What takes the pictures of a page, and where to."""

    page: Page
    folder: Path

    def take(self, name: str) -> None:
        """Take pictures of the page as it is, from its top, with few colours."""
        for window, size in WINDOWS.items():
            self.page.set_viewport_size(size)
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)
                self.page.evaluate("scrollTo(0, 0)")
                height = min(int(self.page.evaluate("document.documentElement.scrollHeight")), TALLEST)
                clip = FloatRect(x=0, y=0, width=size["width"], height=height)
                with Image.open(io.BytesIO(self.page.screenshot(full_page=True, clip=clip))) as picture:
                    few = picture.convert("RGB").quantize(
                        COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
                    )
                    few.save(self.folder / f"{name}-{window}-{scheme}.png", optimize=True)


def take_all(stage: Stage, world: World, folder: Path) -> None:
    """Take the pictures of all pages, and of a form on its way."""
    with stage.visit(signed_in=False) as page:
        page.goto("/console/sign-in")
        Camera(page, folder).take("sign-in")
    with stage.visit() as page, ExitStack() as stack:
        camera = Camera(page, folder)
        for name, path in pages(stage.service, world).items():
            if name == "journal":
                take_form(camera, world)
                stack.enter_context(customers(stage.service))
            page.goto(path)
            if name == "overview":
                page.wait_for_function(DRAWN, timeout=300_000)
            camera.take(name)


def take_form(camera: Camera, world: World) -> None:
    """Take the pictures of a form: tried, refused, and done."""
    page = camera.page
    page.goto("/console/do/sign_up")
    page.locator("#field-account_name").fill("Riverbend Pottery")
    page.locator("#field-user_name").fill("Ines Duarte")
    page.locator("#field-plan_id").select_option(TEAM)
    press(page, "Try it")
    camera.take("form")
    press(page, "Do it")
    camera.take("done")
    page.goto(f"/console/do/change_plan?account_id={world.account}")
    page.locator("#field-plan_id").select_option(FREE)
    press(page, "Try it")
    camera.take("refused")


@contextmanager
def receiver() -> Iterator[str]:
    """Take the messages of webhooks; yield the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hooks/seatkeeper"
        finally:
            server.shutdown()


@contextmanager
def customers(service: Service) -> Iterator[None]:
    """Have customers come and go meanwhile, now more and now less."""
    over = threading.Event()
    mine = Service(service.database)
    mine.url, mine.key = service.url, service.key
    accounts: list[str] = []

    def live() -> None:
        for number in count():
            if over.wait(0.04 + 0.03 * math.sin(number / 90) + 0.02 * math.sin(number / 17)):
                return
            plan = (FREE, TEAM, BUSINESS)[number % 3]
            body = {"account_name": f"Customer {number}", "user_name": "Ada Brook", "plan_id": plan}
            if number % 3 == 0 or not accounts:
                accounts.append(done(mine.post("/v1/signups", body))["account"]["account_id"])
            elif number % 3 == 1:  # the fourth member of one on the free plan is refused
                mine.post(f"/v1/accounts/{accounts[number % len(accounts)]}/members", {"name": f"Member {number}"})
            elif number % 17 == 0:
                mine.post(f"/v1/accounts/{accounts[-1]}/suspend", {"reason": "Not paid"})
            elif number % 5 == 0:
                mine.post("/v1/signups", {**body, "plan_id": "00000000-0000-7000-8000-00000000dead"})

    living = threading.Thread(target=live)
    living.start()
    try:
        yield
    finally:
        over.set()
        living.join()


def main() -> None:
    """Take all pictures anew."""
    target = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    program = (sys.executable, "-c", OFTEN)
    with tempfile.TemporaryDirectory() as folder, receiver() as hook, staged(Path(folder), program=program) as stage:
        world = furnish(stage.service, hook)
        take_all(stage, world, target)
    pictures = sorted(target.glob("*.png"))
    print(f"{len(pictures)} pictures, {sum(path.stat().st_size for path in pictures) // 1024} KiB, in {target}")


if __name__ == "__main__":
    main()
