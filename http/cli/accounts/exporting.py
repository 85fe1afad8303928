"""`seatkeeper export`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from seatkeeper.actors.accounts.grants.summaries import GrantSummary
from seatkeeper.actors.accounts.members.summaries import MemberSummary
from seatkeeper.actors.accounts.summaries import AccountSummary
from seatkeeper.actors.subscriptions.plan import PlanSummary
from seatkeeper.http.cli.accounts.rows import FORMATS, JSON_LINES
from seatkeeper.http.cli.statuses import CommandFailed, called_wrongly
from seatkeeper.http.cli.terminal import (
    NICE,
    add_database,
    add_json,
    completes_files,
    database_named,
    print_json,
    progress_bar,
)
from seatkeeper.storage.engines import reading_in
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sql.whole_accounts import WholeAccount, count_accounts, plan_summaries, whole_accounts
from seatkeeper.storage.sqlite.file.copies import whole_or_not
from seatkeeper.storage.verify.reading import Reading


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.description = (
        "The file has JSON Lines, which import reads, with the accounts as they are at this moment, also while the"
        " service runs. docs/importing.md says what is in it, and what is not."
    )
    completes_files(parser.add_argument("destination", metavar="DEST", help="the file, which is not there yet"))
    add_database(parser, "the SQLite file, or postgresql://user@host/name")
    add_json(parser)
    parser.set_defaults(run=export_command)


class Exported(NamedTuple):
    """How much was written."""

    accounts: int
    members: int


def export_command(options: Mapping[str, object]) -> int:
    """Write the file; return the exit status."""
    database, destination = database_named(options), Path(str(options["destination"]))
    if FORMATS.get(destination.suffix.lower(), JSON_LINES) != JSON_LINES:
        raise called_wrongly(f"{destination}: JSON Lines are written, and import would take that name for a table")
    if not destination.parent.is_dir():
        raise CommandFailed(f"the folder {destination.parent} is not there")
    if destination.exists():
        raise CommandFailed(f"{destination} already exists")
    os.nice(NICE)
    began = time.monotonic()
    try:
        with reading_in(database) as reading, whole_or_not(destination) as unfinished:
            exported = _write(reading, unfinished, progress_bar("exporting"))
    except (DatabaseRefused, OSError) as error:
        raise CommandFailed(str(error)) from error
    if options["json"]:
        seconds = time.monotonic() - began
        print_json({"destination": str(destination), **exported._asdict(), "seconds": seconds})
    else:
        print(f"{destination}: {exported.accounts:,} accounts with {exported.members:,} members")
    return 0


def _write(reading: Reading, path: Path, progress: Callable[[int, int], None]) -> Exported:
    accounts, members, count = 0, 0, count_accounts(reading)
    try:
        plans = {
            plan_id: msgspec.json.decode(summary, type=PlanSummary)
            for plan_id, summary in plan_summaries(reading).items()
        }
        with path.open("wb") as file:
            for whole in whole_accounts(reading):
                file.write(msgspec.json.encode(_row(whole, plans)) + b"\n")
                accounts += 1
                members += len(whole.members)
                progress(accounts, count)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    except reading.failures as error:
        raise _unreadable(error) from error
    return Exported(accounts, members)


def _unreadable(error: Exception) -> CommandFailed:
    return CommandFailed(f"the database cannot be read: {error}. `seatkeeper verify` says more")


def _row(whole: WholeAccount, plans: Mapping[str, PlanSummary]) -> Mapping[str, object]:
    account = msgspec.json.decode(whole.account, type=AccountSummary)
    plan = plans.get(account.plan.plan_id)
    return _given(
        account_name=account.account_name,
        plan_id=account.plan.plan_id,
        plan_external_id=None if plan is None else plan.external_id,
        plan_name=None if plan is None else plan.name,
        external_id=account.external_id,
        metadata=account.metadata,
        currency=account.credit.currency,
        credit=account.credit.amount,
        trial_ends_at=None if account.trial is None else account.trial.ends_at,
        status=None if account.status == "active" else account.status,
        grants=[_grant(summary) for summary in whole.grants],
        members=[_member(summary) for summary in whole.members],
    )


def _member(summary: bytes) -> Mapping[str, object]:
    member = msgspec.json.decode(summary, type=MemberSummary)
    return _given(
        name=member.name,
        email=member.email,
        role=member.role,
        seated=member.seated,
        external_id=member.external_id,
        metadata=member.metadata,
    )


def _grant(summary: bytes) -> Mapping[str, object]:
    grant = msgspec.json.decode(summary, type=GrantSummary)
    return _given(seats=grant.seats, members=grant.members, reason=grant.reason, expires_at=grant.expires_at)


def _given(**fields: object) -> Mapping[str, object]:
    """Leave out what has the value that it has when it is left out."""
    return {name: value for name, value in fields.items() if value}
