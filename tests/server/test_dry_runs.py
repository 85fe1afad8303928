"""Dry runs at the server: what is told of an outcome, and where it does not come or is not that of a dry run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from aiohttp.test_utils import TestClient, TestServer

from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft
from seatkeeper.actors.accounts.members.events import SeatTaken
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted, DryRun, Event, Outcome, Refusal
from seatkeeper.http.server.routes import Call, Nothing, Route
from tests.server.serving import Handlers, Word, a_server

RUN = DryRun("hold", 7, 3, "word-1", [SeatTaken(MemberId("ada"))])
Answered = tuple[int, dict[str, object]]


async def answered(outcome: Outcome | Exception, refusal: Refusal | None = None) -> Answered:
    """What is answered when this comes of a command, which the journal would not store for that reason."""

    async def find_refusal(stream_id: str, events: Sequence[Event]) -> Refusal | None:
        assert (stream_id, events) == (RUN.stream_id, RUN.events)
        return refusal

    def try_word(_handlers: Handlers, call: Call[Word, Nothing]) -> Reply:
        assert call.options.dry_run
        assert call.options.key is None
        reply = Reply()
        if isinstance(outcome, Exception):
            reply.fail(outcome)
        else:
            reply.set(outcome)
        return reply

    routes = (Route("POST", "/words", try_word, str, 201, body=Word, location=lambda _call, value: f"/{value}"),)
    application = a_server(Handlers(), routes=routes, find_refusal=find_refusal)
    async with TestClient(TestServer(application.application)) as client:
        headers = {"Idempotency-Key": "a key", "X-Request-Id": "mine"}
        async with client.post("/words?dry_run=true", json={"word": "hold"}, headers=headers) as response:
            assert response.headers.keys().isdisjoint({"ETag", "Location", "Seatkeeper-Position"})
            return response.status, await response.json(content_type=None)


async def test_what_would_be_accepted_is_told_with_its_status_and_events() -> None:
    event = {"type": "seat.taken", "data": {"member_id": "ada"}}
    assert await answered(RUN) == (200, {"accepted": True, "status": 201, "answer": "hold", "events": [event]})


async def test_a_refusal_is_told_as_the_problem_of_the_command() -> None:
    problem = {
        "type": "/problems/no-seat-left",
        "title": "No seat left",
        "status": 409,
        "detail": str(NoSeatLeft(2)),
        "instance": "/words",
        "request_id": "mine",
        "total_seats": 2,
    }
    assert await answered(NoSeatLeft(2)) == (200, {"accepted": False, "problem": problem})
    assert await answered(RUN, NoSeatLeft(2)) == (200, {"accepted": False, "problem": problem})


@pytest.mark.parametrize("error", [OutcomeUnknown("a commit before it"), NotStored("a commit before it")])
async def test_no_outcome_is_unknown_where_nothing_was_to_be_stored(error: Exception) -> None:
    status, problem = await answered(error)
    assert (status, problem["type"]) == (503, "/problems/not-stored")


async def test_a_handler_that_carries_its_command_out_is_told_of_as_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, problem = await answered(Accepted("hold", 7, 3))
    assert (status, problem["type"]) == (500, "/problems/internal-error")
    assert "was carried out in a dry run" in caplog.text
