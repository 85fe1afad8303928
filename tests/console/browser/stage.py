"""A service, a browser on it, and what is seen of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, sync_playwright

from tests.console.world import OPTIONS
from tests.service import Service
from tests.torture.rig.machinery import need

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parents[2] / "openapi" / "tools" / "node_modules" / "axe-core" / "axe.min.js"
DEADLINE = 120_000.0
"""Milliseconds for whatever a page is waited for."""

FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update")

PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=900)

RULES = """async (rules) => {
  const options = rules ? {runOnly: {type: "rule", values: rules}} : {};
  const found = await axe.run(document, {...options, resultTypes: ["violations"], elementRef: false});
  return found.violations.filter(each => ["serious", "critical"].includes(each.impact))
    .flatMap(each => each.nodes.slice(0, 3).map(
      node => `${each.id}: ${node.html.slice(0, 150)} ${node.failureSummary}`));
}"""

Scheme = Literal["light", "dark"]


@dataclass
class Trouble:
    """What a page should not have caused."""

    origin: str
    found: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Write down what happens in a browser's context: errors, answers of 500, requests to anywhere else."""
        context.on("console", lambda message: self._note(message.text, bad=message.type in {"error", "warning"}))
        context.on("weberror", lambda error: self._note(str(error.error)))
        context.on(
            "request", lambda request: self._note(f"request to {request.url}", bad=self._is_outside(request.url))
        )
        context.on(
            "response", lambda answer: self._note(f"{answer.status} from {answer.url}", bad=answer.status >= 500)
        )

    def _note(self, text: str, *, bad: bool = True) -> None:
        if bad:
            self.found.append(text)

    def _is_outside(self, url: str) -> bool:
        return not url.startswith((f"{self.origin}/", "data:"))


class Stage:
    """A browser on a service whose root key it holds."""

    def __init__(self, service: Service, browser: Browser, key: str) -> None:
        self.service, self.browser, self.key = service, browser, key
        self._sessions: dict[str, StorageState] = {}

    @contextmanager
    def visit(  # noqa: PLR0913 - each is what somebody may have otherwise
        self,
        key: str | None = None,
        *,
        signed_in: bool = True,
        scripts: bool = True,
        scheme: Scheme = "light",
        phone: bool = False,
        trouble: Trouble | None = None,
    ) -> Iterator[Page]:
        """Open a page in a context of its own, signed in with this key."""
        session = self._session(key or self.key) if signed_in else None
        context = self.browser.new_context(
            base_url=self.service.url,
            storage_state=session,
            java_script_enabled=scripts,
            color_scheme=scheme,
            viewport=PHONE if phone else DESK,
            reduced_motion="reduce",  # a colour that is on its way to another is none
            service_workers="block",
        )
        context.set_default_timeout(DEADLINE)
        if trouble is not None:
            trouble.watch(context)
        if scripts:
            context.add_init_script(path=AXE)
        try:
            yield context.new_page()
        finally:
            context.close()

    def _session(self, key: str) -> StorageState:
        if key not in self._sessions:
            with self.visit(signed_in=False) as page:
                sign_in(page, key)
                self._sessions[key] = page.context.storage_state()
        return self._sessions[key]


def sign_in(page: Page, key: str) -> None:
    """Sign in with a key, as a person does."""
    page.goto("/console/sign-in")
    page.get_by_label("API key").fill(key)
    press(page, "Sign in")


def press(page: Page, button: str) -> None:
    """Press a button that sends a form, and come back when the next page is there."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def accessibility(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds serious or critical on a page, of these rules or of all."""
    return cast("list[str]", page.evaluate(RULES, list(rules) or None))


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return cast("int", page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def staged(folder: Path, program: Sequence[str] = ()) -> Iterator[Stage]:
    """Start a service with a root key, and a browser on it; `program` runs in the place of `seatkeeper`."""
    need(CHROMIUM)
    assert AXE.exists(), "axe-core is not installed: run `make install`"
    root = folder / "root.key"
    with (
        Service(folder / "seatkeeper.db", "--root-key-file", str(root), *OPTIONS, program=program) as service,
        sync_playwright() as playwright,
    ):
        service.key = root.read_text(encoding="utf-8").strip()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), timeout=DEADLINE)
        try:
            yield Stage(service, browser, service.key)
        finally:
            browser.close()
