"""What a start asks of the keys: the root key of a file, and whether the service may be open."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.access.commands import CreateKey
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.access.scopes import ADMIN
from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Context, Refusal
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.root_key import read_or_make

logger = logging.getLogger(__name__)


class StartRefused(Exception):
    """The service may not start; the message tells the operator why, and what to do."""


class Outside(NamedTuple):
    """The clock, and the source of ids."""

    now: Callable[[], str]
    new_id: Callable[[], str]


async def admit_root_key(path: Path, keyring: Keyring, directory: Door, outside: Outside) -> None:
    """Make the key of this file in the database where it is unknown; raise RootKeyRefused.

    One that is known stays what it is: who revoked it, or rotated it, meant that.
    """
    credential = read_or_make(path, outside.new_id)
    key_id = KeyId(credential.key_id)
    known = keyring.find(key_id)
    if known is None:
        command = CreateKey(key_id, "root", (ADMIN,), None, None, credential.digest.hex(), outside.now())
        options = CommandOptions(context=Context("cli", outside.new_id()))
        outcome = await directory.ask(ApiKeyActor, key_id, command, options)
        if isinstance(outcome, Refusal):  # it is in the database, and not in the keyring
            raise StartRefused(str(outcome))
        logger.info("the root key was made", extra={"key_id": key_id, "file": str(path)})
    elif (
        ADMIN not in known.scopes
        or not known.valid_at(outside.now())
        or not hmac.compare_digest(known.secrets[0][0], credential.digest)
    ):
        logger.warning("the root key file holds no valid key", extra={"key_id": key_id, "file": str(path)})


def no_key(host: str, database: str) -> str:
    """Say that without a key only loopback may be listened on, and what to do."""
    return (
        f"{host} is not a loopback address, and {database} holds no key: make one with"
        f" `seatkeeper keys create --database {database} --name root --scope admin`, or give --root-key-file FILE"
    )


def say_open(host: str) -> None:
    """Log that the service is open, and to whom."""
    who = f"every program that reaches {host} may do everything, until the first API key is made"
    logger.warning("the service is open", extra={"host": host, "meaning": who})
