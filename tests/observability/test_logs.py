"""Logs: their levels, and how a record is written for programs and for a terminal."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.http_exceptions import BadStatusLine

from seatkeeper.http.observability import logs
from seatkeeper.http.observability.logs import Form, JsonFormatter, Level, MalformedRequests, TextFormatter
from tests.service import LOOPBACK, Service, run_to_its_end

NAMES = ("pykka", "aiohttp", "aiosqlite", "asyncio", "urllib3", "opentelemetry")


class Terminal(io.StringIO):
    """What says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Leave logging as pytest has set it up."""
    root, server = logging.getLogger(), logging.getLogger("aiohttp.server")
    before = root.level, root.handlers[:], server.filters[:], {name: logging.getLogger(name).level for name in NAMES}
    yield
    root.level, root.handlers, server.filters = before[0], before[1], before[2]
    for name, level in before[3].items():
        logging.getLogger(name).setLevel(level)


def a_record(event: str = "started", level: int = logging.INFO, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "seatkeeper", "levelno": level, "msg": event, **fields} | _named(level))


def _named(level: int) -> dict[str, str]:
    return {"levelname": logging.getLevelName(level)}


def failed(text: str) -> logging.LogRecord:
    """A record with the traceback of an error of this text."""
    try:
        raise ValueError(text)  # noqa: TRY301 - for its traceback
    except ValueError:
        return a_record("a request failed", logging.ERROR, exc_info=sys.exc_info())


def written(level: Level, form: Form = "json", stream: io.StringIO | None = None) -> list[str]:
    """The events that are written of one of each level."""
    stream = io.StringIO() if stream is None else stream
    logs.set_up(level, form, stream)
    for one in ("debug", "info", "warning", "error", "critical"):
        getattr(logging.getLogger("seatkeeper.test"), one)(one)
    return stream.getvalue().splitlines()


def without_time(line: str) -> str:
    return re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ", "", line)


def test_json_has_the_time_the_level_the_event_and_its_fields() -> None:
    line = json.loads(JsonFormatter().format(a_record(port=8080, address="http://a")))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "event": "started", "logger": "seatkeeper", "port": 8080, "address": "http://a"}


def test_text_has_the_level_the_event_and_its_fields_each_in_its_place() -> None:
    line = TextFormatter().format(a_record(port=8080, address="http://a"))
    assert without_time(line) == f"{'info':<8} {'started':<30} port=8080 address=http://a"


def test_the_fields_of_two_lines_of_text_are_under_each_other() -> None:
    first = TextFormatter().format(a_record("started", port=1))
    second = TextFormatter().format(a_record("a webhook fails", logging.WARNING, port=1))
    assert first.index("port=") == second.index("port=")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("two words", '"two words"'),
        ("", '""'),
        ('a "b"', '"a \\"b\\""'),
        ("a=b", '"a=b"'),
        ("plain", "plain"),
        (None, "None"),
        (1.5, "1.5"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
        ("Zoë 🎩", '"Zoë 🎩"'),
    ],
)
def test_one_sees_where_a_value_of_a_line_of_text_ends(value: object, shown: str) -> None:
    assert TextFormatter().format(a_record(value=value)).endswith(f" value={shown}")


def test_an_event_with_a_line_end_is_one_line_of_text() -> None:
    assert len(TextFormatter().format(a_record("one\ncritical another")).splitlines()) == 1


def test_every_line_of_a_traceback_is_marked_in_text_whatever_the_error_says() -> None:
    _, *traced = TextFormatter().format(failed("a\nb\x1b[31m")).split("\n")
    assert traced
    assert all(line.startswith("  | ") and line.isprintable() for line in traced)


def test_a_traceback_is_a_field_of_json() -> None:
    assert "ValueError: a" in json.loads(JsonFormatter().format(failed("a")))["exception"]


@pytest.mark.parametrize(("level", "count"), [("debug", 5), ("info", 4), ("warning", 3), ("error", 2), ("critical", 1)])
def test_what_is_below_the_level_is_left_out(level: Level, count: int) -> None:
    assert len(written(level)) == count


def test_what_libraries_say_is_left_out_below_warning_also_at_debug() -> None:
    stream = io.StringIO()
    logs.set_up("debug", "json", stream)
    logging.getLogger("pykka").info("an actor was started")
    assert not stream.getvalue()


def test_a_malformed_request_is_of_level_info_and_left_out_above_it() -> None:
    error = BadStatusLine("GET /secret")
    record = a_record("Error handling request", logging.ERROR, exc_info=(type(error), error, None))
    assert MalformedRequests().filter(record)
    assert (record.levelname, logs.AtLeast(logging.WARNING).filter(record)) == ("INFO", False)


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert all("\x1b[" in line for line in written("info", "text", Terminal()))


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_is_to_show_none_gets_no_colours(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    assert not any("\x1b[" in line for line in written("info", "text", Terminal()))


def test_a_file_gets_no_colours() -> None:
    assert not any("\x1b[" in line for line in written("info", "text"))


def test_json_is_never_coloured() -> None:
    assert not any("\x1b[" in line for line in written("info", "json", Terminal()))


def test_the_service_logs_as_its_options_say(tmp_path: Path) -> None:
    with Service(tmp_path / "a.db", "--log-format", "text", environment={"SEATKEEPER_LOG_LEVEL": "warning"}) as service:
        service.stop()
        lines = [without_time(line) for line in service.errors().splitlines()]
    assert {line.split()[0] for line in lines} == {"warning"}
    assert lines[-1].startswith(f"warning  {'the service is open':<30} host=127.0.0.1 ")


def test_a_level_that_there_is_not_is_refused(tmp_path: Path) -> None:
    ended = run_to_its_end("serve", "--database", str(tmp_path / "a.db"), *LOOPBACK, "--log-level", "loud")
    assert ended.status == 2
    assert ended.errors == "seatkeeper: --log-level: Expected one of critical, debug, error, info, warning\n"
