"""A running service whose writes are tried before they are made: what the dry run tells must come true."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import requests

from tests.contract.dry_runs.runs import accepted, comparable, refused
from tests.contract.shapes import described
from tests.service import Service


class ForeseeingService(Service):
    """A service that is asked twice for each write, first with `dry_run`."""

    def send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> requests.Response:
        """Send a request; before a write, ask what would come of it."""
        told = None if method == "GET" else super().send(method, path, data, headers, {"dry_run": "true"})
        came = super().send(method, path, data, headers, query)
        if told is not None:
            check(told, came)
        return came


def check(told: requests.Response, came: requests.Response) -> None:
    """What was told is what came, but for times and new ids."""
    if came.ok:
        run = accepted(told)
        one, other = comparable(bytes(run.answer).decode(), came.text or "null")
        assert (run.status, one) == (came.status_code, other), described(told)
    else:
        problem = msgspec.json.decode(came.content, type=dict[str, object])
        assert {**refused(told).problem, "request_id": ""} == {**problem, "request_id": ""}, described(told)
