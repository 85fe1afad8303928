"""The pages as they are served: without a key, with a strict policy, and with nothing inline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.docs.pages import STATIC, read_assets
from seatkeeper.http.docs.problem_pages import problem_pages
from tests.contract.shapes import problem
from tests.service import Service

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SLUGS = sorted(problem_pages(ROUTES))
PATHS = ["/docs", "/problems", "/problems/no-seat-left"]
EVERY_PATH = pytest.mark.parametrize("path", PATHS)
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'none'",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has a key, which the tests do not send."""
    folder = tmp_path_factory.mktemp("pages")
    with Service(folder / "seatkeeper.db", "--root-key-file", str(folder / "root-key")) as running:
        yield running


def html(service: Service, path: str) -> str:
    response = service.send("GET", path, headers=BROWSER)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return response.text


def policy(service: Service, path: str) -> dict[str, str]:
    text = service.send("GET", path, headers=BROWSER).headers["Content-Security-Policy"]
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in text.split(";"))}


@EVERY_PATH
def test_a_page_needs_no_key(service: Service, path: str) -> None:
    assert html(service, path).startswith("<!doctype html>")


@EVERY_PATH
def test_nothing_in_a_page_is_inline(service: Service, path: str) -> None:
    text = html(service, path)
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", text) == []


@EVERY_PATH
def test_all_that_a_page_loads_is_here(service: Service, path: str) -> None:
    text = html(service, path)
    loaded = re.findall(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]+)"', text)
    assert loaded
    for address in loaded:
        assert address == "data:," or service.get(address).status_code == 200


@EVERY_PATH
def test_a_page_is_not_guessed_at_nor_framed(service: Service, path: str) -> None:
    response = service.send("HEAD", path, headers=BROWSER)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Server"] == "seatkeeper"


@pytest.mark.parametrize("path", PATHS[1:])
def test_the_policy_of_our_own_pages_is_strict(service: Service, path: str) -> None:
    assert policy(service, path) == STRICT


def test_the_policy_of_the_reference_adds_two_hashes_and_a_worker(service: Service) -> None:
    found = policy(service, "/docs")
    assert re.fullmatch(r"'self'( 'sha256-[A-Za-z0-9+/]{43}='){2}", found["style-src"])
    assert {**found, "style-src": "'self'", "worker-src": "'none'"} == STRICT
    assert found["worker-src"] == "blob:"


@pytest.mark.parametrize("slug", SLUGS)
def test_every_type_of_problem_has_its_page(service: Service, slug: str) -> None:
    text = html(service, f"/problems/{slug}")
    assert f"<h1>{slug.replace('-', ' ').capitalize()}</h1>" in text
    assert f"<code>/problems/{slug}</code>" in text


def test_the_type_of_a_problem_leads_to_its_page(service: Service) -> None:
    refused = service.get("/v1/plans")
    address = urljoin(refused.url, problem(refused, 401).type)
    assert "<h1>Unauthenticated</h1>" in html(service, address.removeprefix(service.url))


def test_the_index_leads_to_all_of_them(service: Service) -> None:
    found = re.findall(r'<dt><a href="/problems/([a-z-]+)">', html(service, "/problems"))
    assert sorted(found) == SLUGS


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json, */*;q=0.1"])
def test_a_program_gets_the_same_as_json(service: Service, accept: str) -> None:
    response = service.send("GET", "/problems/last-admin", headers={"Accept": accept})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    told = response.json()
    assert (told["type"], told["status"], told["example"]["status"]) == ("/problems/last-admin", 409, 409)


def test_a_program_gets_the_whole_list_as_json(service: Service) -> None:
    items = service.send("GET", "/problems", headers={"Accept": "application/json"}).json()["items"]
    assert sorted(item["type"].removeprefix("/problems/") for item in items) == SLUGS


def test_an_unknown_type_is_not_found(service: Service) -> None:
    problem(service.get("/problems/nothing"), 404, "not-found")


@EVERY_PATH
def test_a_page_is_only_read(service: Service, path: str) -> None:
    refused = service.post(path, {})
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("name", ["nothing.js", "manifest.json", "..%2Fpages.py", "%2E%2E/pages.py"])
def test_nothing_else_is_sent(service: Service, name: str) -> None:
    assert service.get(f"/docs/static/{name}").status_code == 404


def test_a_file_may_be_kept_under_the_address_that_names_its_content(service: Service) -> None:
    tag = read_assets().address("docs.css").partition("?")[2]
    kept = [service.get(f"/docs/static/docs.css{query}").headers["Cache-Control"] for query in (f"?{tag}", "", "?1")]
    assert kept == ["public, max-age=31536000, immutable", "no-cache", "no-cache"]


def test_a_file_is_compressed_for_who_accepts_it(service: Service) -> None:
    address = "/docs/static/redoc.standalone.js"
    sizes = []
    for accepted in ("gzip", "identity"):
        response = service.send("GET", address, headers={"Accept-Encoding": accepted})
        assert response.content[-100:] == (STATIC / "redoc.standalone.js").read_bytes()[-100:]
        sizes.append(int(response.headers["Content-Length"]))
    assert sizes[0] < sizes[1] / 3
