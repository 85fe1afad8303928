"""What a page of somebody else can do to a service on this machine, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browser import page, shown
from tests.contract.shapes import Plan, answer
from tests.service import Service, run_to_its_end

FREE = "/v1/plans/00000000-0000-7000-8000-000000000001"
FETCH = """<p id="found">nothing</p><script>
fetch("{url}", {options}).then(answer => answer.text())
  .then(text => found.textContent = text, error => found.textContent = "failed: " + error);
</script>"""
FORM = '<form method="post" action="{url}"></form><script>document.forms[0].submit()</script>'


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service without keys, on loopback."""
    with Service(tmp_path / "seatkeeper.db") as running:
        yield running


def status(service: Service) -> str:
    return answer(service.get(FREE), 200, Plan).status


@pytest.mark.parametrize(
    "html", [FETCH.replace("{options}", '{method: "POST", mode: "no-cors"}'), FORM], ids=["fetch", "form"]
)
def test_a_page_elsewhere_cannot_write_to_an_open_service(service: Service, tmp_path: Path, html: str) -> None:
    with page(html.replace("{url}", f"{service.url}{FREE}/retire")) as address:
        shown(address, tmp_path / "profile")
    assert status(service) == "active"
    assert '/v1/plans/{plan_id}/retire",status="403"' in service.get("/metrics").text


def test_a_name_that_points_here_is_refused(service: Service, tmp_path: Path) -> None:
    rule = "--host-resolver-rules=MAP rebound.example 127.0.0.1"
    seen = shown(f"http://rebound.example:{service.port}/v1/plans", tmp_path / "profile", rule)
    assert "origin-not-allowed" in seen


def test_the_operator_sees_the_service_by_its_own_name(service: Service, tmp_path: Path) -> None:
    assert "Business" in shown(f"http://localhost:{service.port}/v1/plans", tmp_path / "profile")


def test_a_page_of_an_allowed_origin_reads_with_a_key_and_another_page_does_not(tmp_path: Path) -> None:
    database = tmp_path / "seatkeeper.db"
    made = run_to_its_end("keys", "create", "--database", str(database), "--name", "page", "--scope", "plans:read")
    options = f'{{headers: {{Authorization: "Bearer {made.output.strip()}"}}}}'
    seen = []
    for allowed in (True, False):
        with page() as address:
            origin = address.rstrip("/") if allowed else "http://elsewhere.example"
            with Service(database, "--cors-origins", origin) as service:
                html = FETCH.replace("{options}", options).replace("{url}", f"{service.url}/v1/plans")
                seen.append(shown(f"{address}?{html.encode().hex()}", tmp_path / "profile"))
    assert ["Business" in one for one in seen] == [True, False]
    assert "failed" in seen[1]
