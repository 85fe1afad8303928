"""The pages: `/docs`, and `/problems` with a page for each type. Like the OpenAPI document, they need no key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import msgspec
from aiohttp import hdrs, web

from seatkeeper.http.assets import Assets
from seatkeeper.http.docs.problem_pages import problem_pages
from seatkeeper.http.once import Once
from seatkeeper.http.server.endpoints import expect_nothing_yet
from seatkeeper.http.server.responses import SERVER
from seatkeeper.http.server.routes import Route

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; connect-src 'self';"
    " worker-src {workers}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

STRICT = _POLICY.format(styles="'self'", workers="'none'")
"""The policy of the pages that are ours alone."""

# Redoc makes two style elements: an empty one, to which its rules are added by CSSOM, and that of its scroll bars.
# Their hashes allow these two texts and no others. Its search runs in a worker that it makes of its own text (blob:).
REFERENCE = _POLICY.format(
    styles="'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    " 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
    workers="blob:",
)
"""The policy of `/docs`."""

STATIC = Path(__file__).parent / "static"

_OUTSIDE = (b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")
"""The one address outside that Redoc loads something from: its logo. An image that is none is left out."""

_wants_json = re.compile(r"\bapplication/(?:[\w.-]+\+)?json\b").search


def read_assets() -> Assets:
    """Read the files that the pages load."""
    return Assets(STATIC, "/docs/static", lambda content: content.replace(*_OUTSIDE))


class _Files:
    """The files that the pages load, and their templates, compiled."""

    def __init__(self) -> None:
        """Read them all."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - no start waits for it

        self.assets = read_assets()
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.templates.globals["asset"] = self.assets.address
        self.templates.filters["code"] = _code
        for name in self.templates.list_templates(extensions=["html"]):
            self.templates.get_template(name)


class Pages:
    """The pages of a route table; what they show is made when somebody asks first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Describe these routes."""
        self._problems = Once(lambda: problem_pages(routes))
        self._files = Once(_Files)

    def add_to(self, application: web.Application) -> None:
        """Add the pages to an application."""
        for path, handler in (
            ("/docs", self._reference),
            ("/docs/static/{name}", self._asset),
            ("/problems", self._index),
            ("/problems/{slug}", self._problem),
        ):
            for method in ("GET", "HEAD"):
                application.router.add_route(method, path, handler, expect_handler=expect_nothing_yet)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        """Send a file."""
        return (await self._files()).assets.answer(request, request.match_info["name"])

    async def _reference(self, _request: web.Request) -> web.StreamResponse:
        """Show the OpenAPI document."""
        return await self._page("reference.html", REFERENCE)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """List the types of problems."""
        problems = list((await self._problems()).values())
        if _asks_for_json(request):
            return _json({"items": problems})
        return await self._page("problems.html", STRICT, problems=problems, phrase=_phrase)

    async def _problem(self, request: web.Request) -> web.StreamResponse:
        """Tell of a type of problem."""
        problem = (await self._problems()).get(request.match_info["slug"])
        if problem is None:
            raise web.HTTPNotFound
        if _asks_for_json(request):
            return _json(problem)
        example = msgspec.json.format(msgspec.json.encode(problem.example), indent=2).decode()
        return await self._page("problem.html", STRICT, problem=problem, phrase=_phrase, example=example)

    async def _page(self, template: str, policy: str, **values: object) -> web.Response:
        text = (await self._files()).templates.get_template(template).render(values)
        headers = {
            hdrs.SERVER: SERVER,
            hdrs.CACHE_CONTROL: "no-cache",
            hdrs.VARY: hdrs.ACCEPT,
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        headers[hdrs.CONTENT_TYPE] = "text/html; charset=utf-8"
        return web.Response(body=text.encode(), headers=headers)


def _asks_for_json(request: web.Request) -> bool:
    """Tell whether a client wants JSON, and is no browser."""
    accept = ",".join(request.headers.getall(hdrs.ACCEPT, []))
    return "text/html" not in accept and _wants_json(accept) is not None


def _json(value: object) -> web.Response:
    headers = {hdrs.SERVER: SERVER, hdrs.CONTENT_TYPE: "application/json", hdrs.VARY: hdrs.ACCEPT}
    return web.Response(body=msgspec.json.encode(value), headers=headers)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _code(text: str) -> Sequence[tuple[str, bool]]:
    """Split a text into parts, and say of each whether it stood between backticks."""
    return [(part, bool(index % 2)) for index, part in enumerate(text.split("`"))]
