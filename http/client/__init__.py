"""A client of Seatkeeper: `async with Seatkeeper(url, key) as seats`, or `with BlockingSeatkeeper(url, key) as seats`.

Importing it loads aiohttp, msgspec and the structs of the API, and nothing of the service.
"""

from __future__ import annotations

from seatkeeper.http.client import problems
from seatkeeper.http.client.calls import Answer, DryRun
from seatkeeper.http.client.errors import NoAnswer, Problem, SeatkeeperError, UnexpectedAnswer, WrongSignature
from seatkeeper.http.client.seatkeeper import BlockingSeatkeeper, Seatkeeper
from seatkeeper.http.client.signatures import Message, read_message
from seatkeeper.http.client.structs.values import Money, NewMember, Package, Percent, PlanId, PlanTrial

__all__ = [
    "Answer",
    "BlockingSeatkeeper",
    "DryRun",
    "Message",
    "Money",
    "NewMember",
    "NoAnswer",
    "Package",
    "Percent",
    "PlanId",
    "PlanTrial",
    "Problem",
    "Seatkeeper",
    "SeatkeeperError",
    "UnexpectedAnswer",
    "WrongSignature",
    "problems",
    "read_message",
]
