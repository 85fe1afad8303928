"""`seatkeeper keys`: on the file of a stopped service, or through the API of a running one."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from seatkeeper.actors.access.scopes import SCOPES
from seatkeeper.actors.access.summaries import ApiKeySummary, KeyWithSecret
from seatkeeper.http.cli.statuses import CommandFailed, called_wrongly
from seatkeeper.http.cli.terminal import add_database, add_json, database_named, print_json

HEADINGS = ("KEY", "NAME", "STATUS", "SCOPES", "EXPIRES", "LAST USED", "LIMIT")


class Keys(Protocol):
    """The two ways to the keys. Each raises CommandFailed."""

    async def create(self, body: Mapping[str, object]) -> KeyWithSecret:
        """Make a key from these fields, as in the API."""

    async def all(self) -> Sequence[ApiKeySummary]:
        """List the keys, oldest first."""

    async def rotate(self, key_id: str, body: Mapping[str, object]) -> KeyWithSecret:
        """Give a key another secret."""

    async def revoke(self, key_id: str) -> ApiKeySummary:
        """End a key."""


Act = Callable[[Keys, Mapping[str, object]], Awaitable[None]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the commands and their options."""
    parser.description = (
        "With --database while the service is stopped, with --url while it runs. A secret is printed on standard"
        " output, once; everything else that is said, on standard error."
    )
    commands = parser.add_subparsers(dest="act", required=True, metavar="create|list|rotate|revoke")
    creating = commands.add_parser("create", help="make a key, and print its secret")
    creating.add_argument("--name", required=True, help="what the key is for")
    creating.add_argument(
        "--scope",
        required=True,
        action="append",
        choices=SCOPES,
        metavar="SCOPE",
        help=f"what it may do; again for more: {', '.join(SCOPES)}",
    )
    creating.add_argument("--expires-at", metavar="TIME", help="when it ends, such as 2027-01-31T00:00:00Z")
    creating.add_argument(
        "--rate-limit", type=int, metavar="N", help="requests a second, with a burst of twice as many"
    )
    listing = commands.add_parser("list", help="list the keys, oldest first")
    rotating = commands.add_parser("rotate", help="give a key another secret, and print it")
    rotating.add_argument("key_id", metavar="KEY")
    rotating.add_argument(
        "--overlap-seconds", type=int, default=0, metavar="N", help="the old secret works for so long"
    )
    revoking = commands.add_parser("revoke", help="end a key for ever")
    revoking.add_argument("key_id", metavar="KEY")
    for one, act in ((creating, _create), (listing, _list), (rotating, _rotate), (revoking, _revoke)):
        add_database(one)
        add_json(one)
        one.add_argument("--url", help="the address of a running service; its key is in SEATKEEPER_KEY")
        one.set_defaults(run=keys_command, act=act)


def keys_command(options: Mapping[str, object]) -> int:
    """Do what is asked; return the exit status."""
    act: Act = options["act"]  # type: ignore[assignment]
    if options["url"] and options["database"]:
        raise called_wrongly("either --database, with the service stopped, or --url, while it runs")
    if not options["url"] and not (options["database"] or os.environ.get("SEATKEEPER_DATABASE")):
        raise called_wrongly("--database or --url is required")
    asyncio.run(_run(act, options))
    return 0


async def _run(act: Act, options: Mapping[str, object]) -> None:
    """Go the one way or the other; only what is needed is imported."""
    url = options["url"]
    if url:
        from seatkeeper.http.cli.keys.served import served_keys  # noqa: PLC0415 - aiohttp takes 0.3 s

        async with served_keys(str(url), os.environ.get("SEATKEEPER_KEY")) as keys:
            await act(keys, options)
        return
    database = database_named(options)
    if act is not _create:
        _refuse_missing_file(database)
    from seatkeeper.http.cli.keys.stored import stored_keys  # noqa: PLC0415 - as above

    async with stored_keys(database) as keys:
        await act(keys, options)


def _refuse_missing_file(database: str) -> None:
    path = Path(database)
    if "://" not in database and path.parent.is_dir() and not path.exists():
        raise CommandFailed(f"{database} does not exist")


async def _create(keys: Keys, options: Mapping[str, object]) -> None:
    body = {"name": options["name"], "scopes": options["scope"]}
    body |= {name: options[name] for name in ("expires_at", "rate_limit") if options[name] is not None}
    made = await keys.create(body)
    if options["json"]:
        print_json(made)
        return
    _say(f"the key {made.api_key.key_id} was made, with {' '.join(made.api_key.scopes)}; its secret is shown only now:")
    print(made.secret)


async def _list(keys: Keys, options: Mapping[str, object]) -> None:
    if options["json"]:
        for key in await keys.all():
            print_json(key)
        return
    rows = [HEADINGS, *(_row(key) for key in await keys.all())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(key: ApiKeySummary) -> tuple[str, ...]:
    limit = "" if key.rate_limit is None else f"{key.rate_limit}/s"
    times = (key.expires_at or "never", key.last_used_at or "never")
    return key.key_id, key.name, key.status, " ".join(key.scopes), *times, limit


async def _rotate(keys: Keys, options: Mapping[str, object]) -> None:
    made = await keys.rotate(str(options["key_id"]), {"overlap_seconds": options["overlap_seconds"]})
    if options["json"]:
        print_json(made)
        return
    _say(f"the key {made.api_key.key_id} has another secret, which is shown only now:")
    print(made.secret)


async def _revoke(keys: Keys, options: Mapping[str, object]) -> None:
    revoked = await keys.revoke(str(options["key_id"]))
    if options["json"]:
        print_json(revoked)
        return
    _say(f"the key {revoked.key_id} ({revoked.name}) is revoked")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
