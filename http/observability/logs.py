"""Logs: one JSON object a line, on standard error."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec
from aiohttp.http_exceptions import HttpProcessingError

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON, which escapes line ends and terminal codes."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, event, and what was given as `extra`."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=repr).decode("utf-8", "replace")


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


def set_up() -> None:
    """Send every record from INFO on to standard error, pykka's and aiohttp's from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("aiohttp.server").addFilter(MalformedRequests())
    for name in ("pykka", "aiohttp", "aiosqlite", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
