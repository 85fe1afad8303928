"""The work of a load: requests as bytes, and whether an answer is right."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import msgspec

from bench.load import orders
from bench.shapes import Account, Member, Page, SignedUp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.load.answers import Answer

CREATED: Final = b"201"
OK: Final = b"200"
NO_CONTENT: Final = b"204"

BEHIND: Final = 0xFFFF << 48
"""The high bits of rising keys, which put them behind nearly all random keys."""

SCRAMBLE: Final = 0x9E37_79B9_7F4A_7C15
"""An odd factor, which maps each 64-bit number to another one, far from that of the next number."""

TEAM_PLAN: Final = "00000000-0000-7000-8000-000000000002"

Request: TypeAlias = tuple[bytes, str]
"""The bytes to send, and what the answer must be about: a name of its own, or an id."""


class Work(Protocol):
    """The requests of a load; `ids` are those of the accounts or members that it made, in the order of the answers."""

    ids: list[str]

    def next(self) -> Request | None:
        """Give the next request; None at the end."""

    def is_right(self, about: str, answer: Answer) -> bool:
        """Whether the answer is right and about this; msgspec.DecodeError when it has another shape."""


def work(order: orders.Work) -> Work:
    """Make the work of an order."""
    match order:
        case orders.SignUps():
            return SigningUp(sign_ups(order.run) if order.keys is None else keyed_sign_ups(order.run, order.keys))
        case orders.NewMembers():
            return AddingMembers(iter(order.accounts))
        case orders.Crowd():
            return AddingMembers(itertools.repeat(order.account, order.members))
        case orders.ComingsAndGoings():
            return ComingAndGoing(order.account)
        case orders.Accounts():
            return ReadingAccounts(order.accounts)
        case orders.Pages():
            return ReadingPages(order.account, order.size)


class SigningUp:
    """Endless sign-ups; each answer must repeat the account's name."""

    def __init__(self, requests: Iterator[Request]) -> None:
        self.ids: list[str] = []
        self._requests = requests
        self._decode = msgspec.json.Decoder(SignedUp).decode

    def next(self) -> Request | None:
        return next(self._requests)

    def is_right(self, about: str, answer: Answer) -> bool:
        if answer.status != CREATED:
            return False
        account = self._decode(answer.body).account
        self.ids.append(account.account_id)
        return account.account_name == about


class AddingMembers:
    """A member for each of these accounts; each answer must repeat the member's name."""

    def __init__(self, accounts: Iterator[str]) -> None:
        self.ids: list[str] = []
        self._accounts = accounts
        self._numbers = itertools.count()
        self._decode = msgspec.json.Decoder(Member).decode

    def next(self) -> Request | None:
        account = next(self._accounts, None)
        return None if account is None else new_member(account, next(self._numbers))

    def is_right(self, about: str, answer: Answer) -> bool:
        if answer.status != CREATED:
            return False
        member = self._decode(answer.body)
        self.ids.append(member.member_id)
        return member.name == about


class ComingAndGoing:
    """Members of one account: each is removed by the next request, so that there are about as many as connections."""

    GONE: Final = ""

    def __init__(self, account: str) -> None:
        self.ids: list[str] = []
        self._account = account
        self._members: deque[str] = deque()
        self._numbers = itertools.count()
        self._decode = msgspec.json.Decoder(Member).decode

    def next(self) -> Request | None:
        if self._members:
            return head("DELETE", f"/v1/accounts/{self._account}/members/{self._members.popleft()}"), self.GONE
        return new_member(self._account, next(self._numbers))

    def is_right(self, about: str, answer: Answer) -> bool:
        if about == self.GONE:
            return answer.status == NO_CONTENT and not answer.body
        if answer.status != CREATED:
            return False
        member = self._decode(answer.body)
        self.ids.append(member.member_id)
        self._members.append(member.member_id)
        return member.name == about


class ReadingAccounts:
    """Reads of accounts; each answer must have the requested id."""

    def __init__(self, accounts: list[str]) -> None:
        self.ids: list[str] = []
        self._requests = itertools.cycle([(head("GET", f"/v1/accounts/{account}"), account) for account in accounts])
        self._decode = msgspec.json.Decoder(Account).decode

    def next(self) -> Request | None:
        return next(self._requests)

    def is_right(self, about: str, answer: Answer) -> bool:
        return answer.status == OK and self._decode(answer.body).account_id == about


class ReadingPages:
    """Reads of a page of members; each answer must be a full page that is not the last."""

    def __init__(self, account: str, size: int) -> None:
        self.ids: list[str] = []
        self._size = size
        self._request = head("GET", f"/v1/accounts/{account}/members?limit={size}"), account
        self._decode = msgspec.json.Decoder(Page).decode

    def next(self) -> Request | None:
        return self._request

    def is_right(self, about: str, answer: Answer) -> bool:  # noqa: ARG002 - a member does not name its account
        if answer.status != OK:
            return False
        page = self._decode(answer.body)
        return len({member.member_id for member in page.items}) == self._size and page.next_cursor is not None


def sign_ups(run: int) -> Iterator[Request]:
    """Sign up accounts of the `team` plan; the body has 145 bytes."""
    return ((data, about) for data, about, _ in numbered_sign_ups(run, b""))


def keyed_sign_ups(run: int, keys: orders.Keys) -> Iterator[Request]:
    """Sign up the same accounts, each with an Idempotency-Key."""
    for data, about, number in numbered_sign_ups(run, b"\r\nIdempotency-Key: %016x"):
        count = run * 1_000_000_007 + number
        yield data % (count * SCRAMBLE % 2**64 if keys == "random" else BEHIND + count), about


def numbered_sign_ups(run: int, header: bytes) -> Iterator[tuple[bytes, str, int]]:
    """Sign up accounts with one more header; all names have the same length."""
    before = b'{"account_name":"'
    after = f'","user_name":"Ada Lovelace","user_email":"ada@example.com","plan_id":"{TEAM_PLAN}"}}'.encode()
    start = head("POST", "/v1/signups", len(before) + len(name(run, 0)) + len(after))[:-4] + header + b"\r\n\r\n"
    for number in itertools.count():
        about = name(run, number)
        yield start + before + about.encode() + after, about, number


def new_member(account: str, number: int) -> Request:
    """Add a member."""
    about = f"Grace {number:06}"
    body = b'{"name":"%b"}' % about.encode()
    return head("POST", f"/v1/accounts/{account}/members", len(body)) + body, about


def name(run: int, number: int) -> str:
    """Name an account."""
    return f"Bench {run:03}-{number:09}"


def head(method: str, path: str, length: int | None = None) -> bytes:
    """Write the request line and headers, with those of a body of so many bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if length is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
