"""Logs on standard error, a record a line: JSON for programs, or text for a terminal."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TextIO, TypeAlias

import msgspec
from aiohttp.http_exceptions import HttpProcessingError

Level: TypeAlias = Literal["debug", "info", "warning", "error", "critical"]
Form: TypeAlias = Literal["json", "text"]

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_WIDTH = 30
"""Characters that the event of a line of text has at least, so that the fields of most lines are under each other."""

_COLOURS: Mapping[str, str] = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "1;31"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON, which escapes line ends and terminal codes."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, event, and what was given as `extra`."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line |= _given(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=repr).decode("utf-8", "replace")


class TextFormatter(logging.Formatter):
    """Writes a record as one line of text, and a traceback as lines of their own, each marked as one."""

    def __init__(self, *, colours: bool = False) -> None:
        """Colour the levels, and dim what is around the event, if a terminal shows it."""
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, event, and what was given as `extra`; whatever a client has sent stays on its line."""
        level = record.levelname.lower()
        fields = " ".join(f"{self._coloured('2', f'{key}=')}{_value(value)}" for key, value in _given(record).items())
        time, event = self._coloured("2", _time(record)), _escaped(record.getMessage())
        line = f"{time} {self._coloured(_COLOURS.get(level, '0'), f'{level:<8}')} {event:<{_WIDTH}} {fields}".rstrip()
        if record.exc_info:
            traced = self.formatException(record.exc_info).splitlines()
            line = "\n".join([line, *(f"  {self._coloured('2', '|')} {_escaped(one)}" for one in traced)])
        return line

    def _coloured(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _given(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _OWN and key[0] != "_"}


def _value(value: object) -> str:
    """Write a value so that one sees where it ends: in quotes where it has a space or a quote, or is empty."""
    text = _escaped(value if isinstance(value, str) else repr(value))
    if isinstance(value, str) and (not text or any(mark in text for mark in ' "=')):
        return '"' + text.replace('"', '\\"') + '"'
    return text


def _escaped(text: str) -> str:
    """Escape what is not seen: line ends, terminal codes, marks that turn the direction of writing."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class MalformedRequests(logging.Filter):
    """Makes one line of a request that is not HTTP: aiohttp logs a traceback for each, and any client can send them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback away."""
        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            record.msg, record.args = "malformed request", ()
            record.levelno, record.levelname = logging.INFO, "INFO"
            # Not the rest of the message: it has the bytes of the request, and so perhaps a key.
            record.reason = str(record.exc_info[1].message).partition("\n")[0].partition(":")[0][:100]
            record.exc_info = None
        return True


class AtLeast(logging.Filter):
    """Leaves out what is below a level, also what was taken down to it by another filter."""

    def __init__(self, level: int) -> None:
        """Let records of this level through, and those above it."""
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is written."""
        return record.levelno >= self._level


def set_up(level: Level = "info", form: Form = "json", stream: TextIO | None = None) -> None:
    """Send every record from this level on to standard error, those of libraries from WARNING on."""
    stream = sys.stderr if stream is None else stream
    lowest = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter(colours=_shows_colours(stream)))
    handler.addFilter(AtLeast(lowest))
    logging.basicConfig(level=lowest, handlers=[handler], force=True)
    logging.getLogger("aiohttp.server").addFilter(MalformedRequests())
    for name in ("pykka", "aiohttp", "aiosqlite", "asyncio", "urllib3", "opentelemetry"):
        logging.getLogger(name).setLevel(max(lowest, logging.WARNING))


def _shows_colours(stream: TextIO) -> bool:
    """Tell whether a terminal shows it, and nobody has asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
