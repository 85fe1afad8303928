"""The one error that ends a benchmark."""

from __future__ import annotations


class BenchFailure(Exception):
    """A server that did not start, a wrong answer, a count that does not agree: no figure may be printed.

    `server_log` tells that the message has the last lines of the server in it.
    """

    def __init__(self, message: str, *, server_log: bool = False) -> None:
        super().__init__(message)
        self.server_log = server_log
