"""Finds actors by id; an actor stays alive, with its thread, until there are too many."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from threading import Lock

import pykka

from bench.peers.threading_actor.aggregates import AccountActor, GetPackage, Open, PlanActor
from bench.peers.threading_actor.shapes import NewSignUp, SignedUp
from bench.peers.threading_actor.storage import ReadPlans, Storage


class Directory:
    """All plans, and at most so many accounts: beyond about 30,000 threads the process could start no more."""

    def __init__(self, database: Path, most: int) -> None:
        self._most = most
        self._storage = Storage.start(database)
        self._plans = {plan.plan_id: PlanActor.start(plan) for plan in self._storage.ask(ReadPlans(), block=True)}
        self._accounts: dict[str, pykka.ActorRef[AccountActor]] = {}
        self._oldest: deque[str] = deque()
        self._lock = Lock()

    def sign_up(self, sign_up: NewSignUp) -> SignedUp | None:
        """Ask the plan for its package, then ask a new account to open; None if there is no such plan."""
        plan = self._plans.get(sign_up.plan_id.lower())
        if plan is None:
            return None
        account = AccountActor.start(self._storage)
        signed_up: SignedUp = account.ask(Open(sign_up, plan.ask(GetPackage(), block=True)), block=True)
        self._add(signed_up.account.account_id, account)
        return signed_up

    def _add(self, account_id: str, account: pykka.ActorRef[AccountActor]) -> None:
        with self._lock:
            self._accounts[account_id] = account
            self._oldest.append(account_id)
            gone = self._accounts.pop(self._oldest.popleft()) if len(self._oldest) > self._most else None
        if gone is not None:
            gone.stop()

    @staticmethod
    def stop() -> None:
        """Stop every actor, the storage last of all."""
        pykka.ActorRegistry.stop_all()
