"""The one error that ends a benchmark."""

from __future__ import annotations


class BenchFailure(Exception):
    """A server that did not start, a wrong answer, or a count that does not agree; no figures are printed.

    `server_log` is true when the message holds the last lines of the server's log.
    """

    def __init__(self, message: str, *, server_log: bool = False) -> None:
        super().__init__(message)
        self.server_log = server_log
