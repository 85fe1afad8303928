"""A service that is away, busy or closed to the key, while accounts are imported."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.cli.accounts.commands import a_row, import_file, write_lines
from tests.cli.accounts.stand_in import Refusal, standing_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A file with one account."""
    return write_lines(tmp_path / "one.jsonl", a_row("One"))


@pytest.mark.parametrize("refusal", [Refusal(503, "0"), Refusal(503), Refusal(429, "0"), Refusal(500), Refusal(502)])
def test_what_is_refused_for_now_is_asked_again_with_the_same_key(one: Path, refusal: Refusal) -> None:
    with standing_in(refusal, refusal) as service:
        ended = import_file(one, service.url)
    assert (ended.status, ended.errors) == (0, "")
    assert len(service.keys) == 3
    assert len(set(service.keys)) == 1


def test_it_ends_when_its_patience_does(one: Path) -> None:
    with standing_in(*[Refusal(503)] * 100) as service:
        ended = import_file(one, service.url, "--patience", "0.3")
    assert ended.status == 1
    assert ended.errors == f"seatkeeper: {service.url} has not answered for 0.3 s: overloaded: Not now.\n"
    assert not one.with_name("one.jsonl.failed").exists()


def test_who_is_told_to_come_back_later_than_that_ends_at_once(one: Path) -> None:
    with standing_in(Refusal(429, "3600")) as service:
        ended = import_file(one, service.url)
    assert (ended.status, len(service.keys)) == (1, 1)


def test_a_service_that_is_away_is_waited_for(one: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended = import_file(one, url, "--patience", "0.3")
    assert (ended.status, ended.errors.startswith(f"seatkeeper: {url} has not answered for 0.3 s: ")) == (1, True)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_not_waited_for(one: Path, url: str) -> None:
    ended = import_file(one, url, "--patience", "1")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith("seatkeeper: http")
    assert " cannot be asked: " in ended.errors


def test_a_key_that_no_header_can_have_is_told_in_one_line(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATKEEPER_KEY", "one\ntwo")
    with standing_in() as service:
        ended = import_file(one, service.url)
    assert (ended.status, service.keys) == (1, [])
    assert ended.errors.startswith(f"seatkeeper: {service.url} cannot be asked: ")
    assert len(ended.errors.splitlines()) == 1
    assert "two" not in ended.errors


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_ends_it_at_once(one: Path, status: int) -> None:
    with standing_in(Refusal(status)) as service:
        ended = import_file(one, service.url)
    assert (ended.status, ended.errors) == (1, "seatkeeper: the API key may not do this: overloaded: Not now.\n")
    assert not one.with_name("one.jsonl.failed").exists()


def test_the_key_comes_from_a_file_or_the_environment(
    one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("sk_file\n", "utf-8")
    monkeypatch.setenv("SEATKEEPER_KEY", "sk_environment")
    with standing_in() as service:
        import_file(one, service.url)
        import_file(one, service.url, "--key-file", str(tmp_path / "key"))
    assert service.authorizations == {"Bearer sk_environment", "Bearer sk_file"}
