"""How a row comes into the service: as a sign-up, and then one request for each kind of thing that it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import msgspec

from seatkeeper.http.cli.accounts.rows import AccountRow, Entry
from seatkeeper.http.cli.accounts.sending import Answer, Problem, Sender
from seatkeeper.http.times import written

MOST_MEMBERS, MOST_BYTES = 1_000, 1_000_000
"""Of one request: what the service takes, in members and, with some room for what is around them, in bytes."""

REASON = "imported"


class _AccountId(msgspec.Struct):
    account_id: str


class _MemberId(msgspec.Struct):
    member_id: str


class _SignedUp(msgspec.Struct):
    account: _AccountId
    member: _MemberId


class _Result(msgspec.Struct):
    status: int
    problem: Problem | None = None


class _Results(msgspec.Struct):
    results: list[_Result]


class RowImport:
    """Carries one row out, and remembers what of it is left."""

    def __init__(self, sender: Sender, entry: Entry, row: AccountRow, key: str) -> None:
        """Send requests whose idempotency keys begin with this one."""
        self._sender = sender
        self._row = row
        self._key = key
        self._entry = entry
        self._raw = entry.raw
        self._path = ""
        self._problems: list[str] = []
        self._done: set[str] = set()
        self._left_grants: list[object] = []
        self._left_members: dict[int, dict[str, object]] = {}
        self.account_id = row.account_id
        self.signed_up = False
        self.repeated = False
        self.members = 0

    async def run(self, plan_id: str) -> None:
        """Carry it out; raise CommandFailed."""
        row = self._row
        places = set(range(len(row.members)))
        if row.account_id is None and not await self._sign_up(plan_id, places):
            return
        self._path = f"/v1/accounts/{self.account_id}"
        await self._grant()
        await self._take_seats([place for place in sorted(places) if row.members[place].member_id is not None])
        await self._add([place for place in sorted(places) if row.members[place].member_id is None])
        if row.credit:
            money = {"amount": row.credit, "currency": row.currency}
            await self._step("credit", "POST", "/credit", {"amount": money, "reason": REASON})
        if row.trial_ends_at is not None:
            await self._step("trial_ends_at", "PUT", "/trial", {"ends_at": written(row.trial_ends_at)})
        if row.status != "active" and not self.failed:  # what is left could not be added any more
            verb = "suspend" if row.status == "suspended" else "close"
            await self._step("status", "POST", f"/{verb}", {"reason": REASON})

    @property
    def failed(self) -> bool:
        """Whether anything is left."""
        return bool(self._problems or self._left_members)

    @property
    def left(self) -> dict[str, object]:
        """The row as it is imported again: without what is done, with the reasons, and under another key."""
        left = {name: value for name, value in self._raw.items() if name not in self._done}
        left.pop("problem", None)
        if self.account_id is not None:
            left["account_id"] = self.account_id
            left["members"] = [self._left_members[place] for place in sorted(self._left_members)]
            if self._left_grants:
                left["grants"] = self._left_grants
        if self._problems:
            left["problem"] = "; ".join(self._problems)
        return {**left, "line": self._entry.line, "attempt": self._row.attempt + 1}

    async def _sign_up(self, plan_id: str, places: set[int]) -> bool:
        row, first = self._row, self._row.members[self._row.first]
        body = {
            "account_name": row.account_name,
            "plan_id": plan_id,
            "currency": row.currency,
            "external_id": row.external_id,
            "metadata": row.metadata,
            "user_name": first.name,
            "user_email": first.email,
            "user_external_id": first.external_id,
            "user_metadata": first.metadata,
            "trial": row.trial_ends_at is not None,
        }
        given = {name: value for name, value in body.items() if value is not None}
        answer = await self._send("sign-up", "POST", "/v1/signups", given)
        if not answer.accepted:
            self._problems.append(answer.problem)
            return False
        made = msgspec.json.decode(answer.body, type=_SignedUp)
        self.account_id, self.signed_up, self.repeated = made.account.account_id, True, answer.replayed
        self.members += 1
        if first.seated:
            first.member_id = made.member.member_id
        else:
            places.discard(row.first)
        return True

    async def _grant(self) -> None:
        for place, grant in enumerate(self._row.grants):
            answer = await self._send(f"grant-{place}", "POST", f"{self._path}/grants", grant)
            if not answer.accepted:
                self._problems.append(f"/grants/{place}: {answer.problem}")
                self._left_grants.append(cast("Sequence[object]", self._raw["grants"])[place])
        self._done.add("grants")

    async def _take_seats(self, places: Sequence[int]) -> None:
        for place in places:
            member = self._row.members[place]
            answer = await self._send(f"seat-{place}", "PUT", f"{self._path}/members/{member.member_id}/seat", None)
            if not answer.accepted:
                self._leave(place, answer.problem)

    async def _add(self, places: Sequence[int]) -> None:
        for some in self._in_bulks(places):
            members = [self._row.members[place] for place in some]
            answer = await self._send(f"members-{some[0]}", "POST", f"{self._path}/members/bulk", {"members": members})
            if not answer.accepted:
                for place in some:
                    self._leave(place, answer.problem)
                continue
            results = msgspec.json.decode(answer.body, type=_Results).results
            for place, result in zip(some, results, strict=True):
                if result.problem is None:
                    self.members += 1
                else:
                    self._leave(place, str(result.problem))

    def _in_bulks(self, places: Sequence[int]) -> Iterator[list[int]]:
        some: list[int] = []
        size = 0
        for place in places:
            length = len(msgspec.json.encode(self._row.members[place])) + 1
            if some and (len(some) == MOST_MEMBERS or size + length > MOST_BYTES):
                yield some
                some, size = [], 0
            some.append(place)
            size += length
        if some:
            yield some

    def _leave(self, place: int, problem: str) -> None:
        """Leave a member for the next time, with the problem."""
        member = self._row.members[place]
        raw = cast("Sequence[Mapping[str, object]]", self._raw["members"])[place]
        left: dict[str, object] = {**raw, "problem": problem}
        if member.member_id is not None:
            left["member_id"] = member.member_id
        self._left_members[place] = left

    async def _step(self, field: str, method: str, path: str, body: object) -> None:
        """Carry out what one field asks for."""
        answer = await self._send(field, method, self._path + path, body)
        if answer.accepted:
            self._done.add(field)
        else:
            self._problems.append(f"/{field}: {answer.problem}")

    async def _send(self, step: str, method: str, path: str, body: object) -> Answer:
        raw = None if body is None else msgspec.json.encode(body)
        return await self._sender.send(method, path, raw, f"{self._key}.{step}")
