"""What goes through nginx and Caddy, with TLS, as through the configuration that deploy/ has for each."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatkeeper.http.server.routes import BODY_LIMIT
from tests.deploy import proxies
from tests.deploy.proxies import NAME, Proxy
from tests.service import Service, run_to_its_end

FREE = "00000000-0000-7000-8000-000000000001"
A_STREAM_WAS_RESET = 92
"""How curl ends then (`man curl`, EXIT CODES)."""

SIGN_UP = f'{{"account_name": "Looms", "user_name": "Ada", "plan_id": "{FREE}"}}'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a key that answers to the name of the examples and believes a proxy on loopback."""
    database = tmp_path_factory.mktemp("behind") / "seatkeeper.db"
    made = run_to_its_end("keys", "create", "--database", str(database), "--name", "root", "--scope", "admin")
    options = ("--allowed-hosts", f"{NAME},127.0.0.1", "--trusted-proxies", "127.0.0.1", "--access-log")
    with Service(database, *options) as running:
        running.key = made.output.strip()
        yield running


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Each of the two in its turn, in front of the same service."""
    start = {"nginx": proxies.nginx, "caddy": proxies.caddy}[request.param]
    with start(tmp_path_factory.mktemp(request.param), service.port) as running:
        yield running


def authorization(service: Service) -> tuple[str, str]:
    """The option of curl with the key."""
    return ("--header", f"Authorization: Bearer {service.key}")


def test_a_customer_signs_up_over_http_2(proxy: Proxy, service: Service) -> None:
    written = ("--write-out", "\n%{http_version} %{http_code} %{scheme}", "--json", SIGN_UP)
    answer, _, ended = proxy.curl("/v1/signups", "--http2", *authorization(service), *written).stdout.rpartition("\n")
    assert ended == "2 201 HTTPS"
    assert '"account_name":"Looms"' in answer


def test_an_event_arrives_while_the_stream_is_open(proxy: Proxy, service: Service) -> None:
    last = service.post("/v1/signups", {"account_name": "Before", "user_name": "Ada", "plan_id": FREE})
    position = last.headers["Seatkeeper-Position"]
    url = f"https://{NAME}:{proxy.port}/v1/events/stream?after={position}&types=account.opened"
    options = ["--resolve", f"{NAME}:{proxy.port}:127.0.0.1", "--cacert", str(proxy.authority), *authorization(service)]
    command = ["curl", "--silent", "--no-buffer", "--noproxy", "*", "--max-time", "20", "--include", *options, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        try:
            assert reader.stdout is not None
            assert " 200" in reader.stdout.readline()  # the head comes before there is any event
            service.post("/v1/signups", {"account_name": "After", "user_name": "Ada", "plan_id": FREE})
            assert any('"account_name":"After"' in line for line in reader.stdout)
        finally:
            reader.kill()


def test_a_body_that_is_too_large_for_a_call_is_refused_by_the_service(
    proxy: Proxy, service: Service, tmp_path: Path
) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"account_name": "' + "x" * BODY_LIMIT + '"}')
    answer = proxy.curl("/v1/signups", *authorization(service), "--json", f"@{body}", "--write-out", "%{http_code}")
    assert answer.stdout.endswith("413")
    assert '"type":"/problems/content-too-large"' in answer.stdout


def test_a_body_beyond_all_bounds_is_refused(proxy: Proxy, service: Service, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(b"x" * 1_200_000)
    sent = ("--json", f"@{body}", "--write-out", "%{http_code}", "--output", os.devnull)
    answer = proxy.curl("/v1/signups", *authorization(service), *sent)
    # Caddy passes a body on while it comes; where it finds the service gone first, it resets the stream instead.
    assert answer.stdout in {"413", "502"} or answer.returncode == A_STREAM_WAS_RESET


def test_what_a_client_says_of_its_address_is_not_believed(proxy: Proxy, service: Service) -> None:
    said = ("--header", "X-Forwarded-For: 192.0.2.7", "--header", "Forwarded: for=192.0.2.7")
    named = ("--header", f"X-Request-Id: address-{proxy.port}")
    assert proxy.curl("/livez", *said, *named, "--write-out", "%{http_code}").stdout.endswith("200")
    (line,) = [line for line in service.errors().splitlines() if f"address-{proxy.port}" in line]
    assert '"remote":"127.0.0.1"' in line.replace('": "', '":"')


def test_browsers_are_told_to_stay_with_tls(proxy: Proxy) -> None:
    head = proxy.curl("/livez", "--include").stdout.lower()
    assert "strict-transport-security: max-age=31536000" in head
