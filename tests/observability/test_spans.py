"""The spans of a request, a command, a commit and a message, each by itself, and what they are made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.trace import SpanKind, StatusCode

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Command, Context, Outcome
from seatkeeper.actors.runtime.inbox import InboxFull
from seatkeeper.http.events_out.webhooks.sender import Answer
from seatkeeper.http.headers import TRACEPARENT
from seatkeeper.http.observability.traces import follow_commits
from seatkeeper.storage.memory.journal import MemoryJournal
from tests.aggregates.accounts import NOON, opening
from tests.observability.spans import GIVEN, SPAN, TRACE, Spans, attributes, named
from tests.server.serving import Handlers, a_server
from tests.server.test_application import Client


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
async def client(spans: Spans) -> AsyncIterator[Client]:
    server = a_server(Handlers(), tracer=spans.tracer)
    async with TestClient(TestServer(server.application)) as client:
        yield client


class Office:
    """Accounts in memory, behind a door that makes spans."""

    def __init__(self, spans: Spans) -> None:
        self.journal = MemoryJournal(now=lambda: NOON)
        self.directory = Directory(self.journal)
        self.door: Door = spans.tracer.door(self.directory)
        follow_commits(spans.tracer, self.journal, "sqlite")

    async def ask(self, command: Command, traceparent: str | None = GIVEN, *, dry_run: bool = False) -> Outcome:
        options = CommandOptions(context=Context("open", "request-1", None, traceparent), dry_run=dry_run)
        return await self.door.ask(AccountActor, "acme", command, options)


class SenderInMemory:
    """A sender that keeps the headers, and answers as it is told."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self.answers = list(answers)
        self.sent: list[Mapping[str, str]] = []

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002
        """Answer."""
        await asyncio.sleep(0)
        self.sent.append(headers)
        answer = self.answers.pop(0)
        if isinstance(answer, Answer):
            return answer
        raise answer

    async def close(self) -> None:
        """Close nothing."""


async def test_the_span_of_a_request_is_named_by_its_route(client: Client, spans: Spans) -> None:
    async with client.get("/words/one") as response:
        assert response.status == 200
    span = spans.only()
    assert (span.name, span.kind, span.status.status_code) == ("GET /words/{key}", SpanKind.SERVER, StatusCode.UNSET)
    found = attributes(span)
    assert found["http.route"] == "/words/{key}"
    assert (found["http.request.method"], found["http.response.status_code"]) == ("GET", 200)
    assert (found["url.path"], found["url.scheme"], found["network.protocol.version"]) == ("/words/one", "http", "1.1")


@pytest.mark.parametrize(
    ("named", "address", "port"),
    [
        ("seats.example.com:8443", "seats.example.com", 8443),
        ("seats.example.com", "seats.example.com", None),
        ("[::1]:8080", "::1", 8080),
        ("[::1]", "::1", None),
        ("seats:", "seats:", None),
    ],
)
async def test_the_host_of_a_request_is_told_apart_from_its_port(
    client: Client, spans: Spans, named: str, address: str, port: int | None
) -> None:
    async with client.get("/words/one", headers={"Host": named}) as response:
        assert response.status == 200
    found = attributes(spans.only())
    assert (found["server.address"], found.get("server.port")) == (address, port)


async def test_the_query_of_a_request_is_not_told(client: Client, spans: Spans) -> None:
    async with client.get("/words/one?secret=1") as response:
        assert response.status == 400
    assert not any("secret" in str(value) for value in attributes(spans.only()).values())


async def test_what_a_client_says_of_itself_is_told_as_text(client: Client, spans: Spans) -> None:
    reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
    writer.write(b"GET /words/one HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl \xff\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()
    assert attributes(spans.only())["user_agent.original"] == "curl ?"


async def test_the_span_of_a_request_is_a_child_of_the_clients(client: Client, spans: Spans) -> None:
    async with client.get("/words/one", headers={"traceparent": GIVEN}) as response:
        answered = response.headers["traceparent"]
    trace, span, parent = named(spans.only())
    assert (trace, parent, answered) == (TRACE, SPAN, f"00-{TRACE}-{span}-01")


async def test_a_request_without_a_trace_begins_one(client: Client, spans: Spans) -> None:
    async with client.get("/words/one", headers={"traceparent": "garbage"}) as response:
        answered = response.headers["traceparent"]
    trace, span, parent = named(spans.only())
    assert (parent, answered[:-3]) == ("", f"00-{trace}-{span}")


@pytest.mark.parametrize(
    ("method", "path", "name", "status", "failed"),
    [
        ("GET", "/nothing", "GET", 404, False),
        ("GET", "/words/raise", "GET /words/{key}", 500, True),
        ("PURGE", "/words", "HTTP", 405, False),
    ],
)
async def test_only_a_fault_of_the_service_is_an_error(  # noqa: PLR0913, PLR0917
    client: Client, spans: Spans, method: str, path: str, name: str, status: int, *, failed: bool
) -> None:
    async with client.request(method, path) as response:
        assert response.status == status
    span = spans.only()
    assert span.name == name
    assert (span.status.status_code is StatusCode.ERROR, attributes(span).get("error.type")) == (
        failed,
        "500" if failed else None,
    )


async def test_a_request_that_is_not_sampled_says_so_in_its_answer() -> None:
    spans = Spans(sampled=False)
    async with (
        TestClient(TestServer(a_server(Handlers(), tracer=spans.tracer).application)) as client,
        client.get("/words/one", headers={"traceparent": GIVEN}) as response,
    ):
        assert response.headers["traceparent"].startswith(f"00-{TRACE}-")
        assert response.headers["traceparent"].endswith("-00")
    assert not spans.ended


async def test_a_command_and_its_commit_have_spans_beneath_each_other(spans: Spans) -> None:
    office = Office(spans)
    await office.ask(opening())
    commit, command = spans.ended
    assert (command.name, commit.name, commit.kind) == ("OpenAccount", "COMMIT journal", SpanKind.CLIENT)
    trace, span, parent = named(command)
    assert (trace, parent) == (TRACE, SPAN)
    assert named(commit)[0::2] == (TRACE, span)
    assert attributes(command) == {
        "seatkeeper.stream_id": "account-acme",
        "seatkeeper.request_id": "request-1",
        "seatkeeper.version": 2,
    }
    assert attributes(commit) == {
        "db.system.name": "sqlite",
        "db.operation.name": "COMMIT",
        "db.operation.batch.size": 1,
        "seatkeeper.stream_id": "account-acme",
        "seatkeeper.events": 2,
    }


async def test_an_event_names_the_span_of_its_command(spans: Spans) -> None:
    office = Office(spans)
    await office.ask(opening())
    span = named(spans.ended[1])[1]
    assert f'"traceparent":"00-{TRACE}-{span}-01"' in str(office.journal.queries.events[0].context)


async def test_commands_of_one_commit_have_a_span_of_it_each(spans: Spans) -> None:
    office = Office(spans)
    options = CommandOptions(context=Context("open", "request-2", None, GIVEN))
    replies = [office.door.ask(AccountActor, name, opening(name), options) for name in ("acme", "other")]
    for reply in [*replies, office.directory.ask(AccountActor, "third", opening("third"))]:
        await reply
    commits = [attributes(span) for span in spans.ended if span.name == "COMMIT journal"]
    assert {one["seatkeeper.stream_id"] for one in commits} == {"account-acme", "account-other"}
    assert [one["db.operation.batch.size"] for one in commits] == [3, 3]


async def test_a_refusal_is_no_error(spans: Spans) -> None:
    office = Office(spans)
    await office.ask(TakeSeat(opening().member_id))
    span = spans.only()
    assert (span.status.status_code, attributes(span)["seatkeeper.refusal"]) == (StatusCode.UNSET, "account-not-found")


async def test_a_dry_run_is_marked_and_commits_nothing(spans: Spans) -> None:
    office = Office(spans)
    await office.ask(opening(), dry_run=True)
    assert attributes(spans.only())["seatkeeper.dry_run"] is True


async def test_a_command_without_a_trace_has_no_span(spans: Spans) -> None:
    office = Office(spans)
    await office.ask(opening(), None)
    assert not spans.ended
    assert '"traceparent"' not in str(office.journal.queries.events[0].context)


async def test_a_command_that_is_not_sampled_keeps_its_place(spans: Spans) -> None:
    office = Office(spans)
    await office.ask(opening(), f"{GIVEN[:-1]}0")
    assert not spans.ended
    assert f'"traceparent":"{GIVEN[:-1]}0"' in str(office.journal.queries.events[0].context)


async def test_a_command_that_is_not_taken_is_an_error(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(spans)

    def full(*_: object, **__: object) -> None:
        raise InboxFull

    monkeypatch.setattr(office.directory, "ask", full)
    with pytest.raises(InboxFull):
        await office.ask(opening())
    span = spans.only()
    assert (span.status.status_code, attributes(span)["error.type"]) == (StatusCode.ERROR, "InboxFull")


async def send(spans: Spans, sender: SenderInMemory, url: str, **headers: str) -> Answer:
    given = {"webhook-id": "message-1", **headers}
    return await spans.tracer.sender(sender).send(url, given, b"{}")


async def test_the_span_of_a_message_is_beneath_that_of_its_event_and_goes_with_it(spans: Spans) -> None:
    sender = SenderInMemory(Answer(204))
    await send(spans, sender, "https://user:word@example.com:8443/in?token=secret#x", traceparent=GIVEN)
    span = spans.only()
    trace, own, parent = named(span)
    assert (trace, parent, sender.sent[0][TRACEPARENT]) == (TRACE, SPAN, f"00-{TRACE}-{own}-01")
    assert (span.name, span.kind, span.status.status_code) == ("POST webhook", SpanKind.CLIENT, StatusCode.UNSET)
    assert attributes(span) == {
        "http.request.method": "POST",
        "url.full": "https://example.com:8443/in",
        "server.address": "example.com",
        "server.port": 8443,
        "http.response.status_code": 204,
        "seatkeeper.webhook_message_id": "message-1",
    }


@pytest.mark.parametrize(
    ("answer", "why"), [(Answer(500), "500"), (Answer(None, "no answer within 20 s"), "no answer within 20 s")]
)
async def test_a_delivery_that_failed_is_an_error(spans: Spans, answer: Answer, why: str) -> None:
    await send(spans, SenderInMemory(answer), "https://example.com/", traceparent=GIVEN)
    span = spans.only()
    assert (span.status.status_code, attributes(span)["error.type"]) == (StatusCode.ERROR, why)


async def test_a_delivery_that_was_cut_off_has_a_span_too(spans: Spans) -> None:
    with pytest.raises(asyncio.CancelledError):
        await send(spans, SenderInMemory(asyncio.CancelledError()), "https://example.com/", traceparent=GIVEN)
    assert attributes(spans.only())["error.type"] == "CancelledError"


async def test_a_message_without_a_trace_is_sent_as_it_is(spans: Spans) -> None:
    sender = SenderInMemory(Answer(204))
    await send(spans, sender, "https://example.com/")
    assert (spans.ended, sender.sent) == ((), [{"webhook-id": "message-1"}])
