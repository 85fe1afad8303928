"""All commands, events and refusals of the rooms of an account."""

from __future__ import annotations

from types import ModuleType
from typing import TypeVar

from seatkeeper.actors.accounts.grants import commands as grant_commands
from seatkeeper.actors.accounts.grants import events as grant_events
from seatkeeper.actors.accounts.grants import refusals as grant_refusals
from seatkeeper.actors.accounts.invitations import commands as invitation_commands
from seatkeeper.actors.accounts.invitations import events as invitation_events
from seatkeeper.actors.accounts.invitations import refusals as invitation_refusals
from seatkeeper.actors.accounts.limits import events as limit_events
from seatkeeper.actors.accounts.limits import refusals as limit_refusals
from seatkeeper.actors.accounts.members import commands as member_commands
from seatkeeper.actors.accounts.members import events as member_events
from seatkeeper.actors.accounts.members import refusals as member_refusals
from seatkeeper.actors.accounts.profile import commands as profile_commands
from seatkeeper.actors.accounts.profile import events as profile_events
from seatkeeper.actors.accounts.profile import refusals as profile_refusals
from seatkeeper.actors.accounts.terms import commands as term_commands
from seatkeeper.actors.accounts.terms import events as term_events
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.scenario import kinds

T = TypeVar("T")


def _in(base: type[T], *modules: ModuleType) -> list[type[T]]:
    return [kind for module in modules for kind in kinds(module, base)]


COMMANDS = _in(Command, profile_commands, member_commands, invitation_commands, grant_commands, term_commands)
EVENTS = _in(Event, profile_events, member_events, invitation_events, limit_events, grant_events, term_events)
REFUSALS = _in(Refusal, profile_refusals, member_refusals, invitation_refusals, limit_refusals, grant_refusals)
