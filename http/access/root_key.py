"""The root key's file: one line, a credential with `admin`, which only the owner of the file may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from seatkeeper.http.access.credentials import Credential, new_credential, read_credential

OTHERS = 0o077
"""What the group and everybody else may do."""

LONGEST = 4_096
"""Bytes that are read: a credential has 83."""


class RootKeyRefused(Exception):
    """The file cannot be used; the message tells the operator why."""


def read_or_make(path: Path, new_id: Callable[[], str]) -> Credential:
    """Return the credential in this file, which is made with a new one where it is not there; raise RootKeyRefused."""
    try:
        if not path.exists():
            _make(path, new_credential(new_id()))
        return _read(path)
    except OSError as error:
        message = f"the root key file {path} cannot be used: {error.strerror}"
        raise RootKeyRefused(message) from error


def _make(path: Path, credential: Credential) -> None:
    """Make the file whole or not at all: under another name first, and never in the place of one that has come."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        os.write(file, f"{credential}\n".encode())
        os.fsync(file)
        os.link(unfinished, path)
    finally:
        os.close(file)
        unfinished.unlink()


def _read(path: Path) -> Credential:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe without a writer would hold the start
    try:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            message = f"the root key file {path} is not a file"
            raise RootKeyRefused(message)
        if mode & OTHERS:
            message = f"others can read the root key file {path}: chmod 600 it, and rotate its key if they have"
            raise RootKeyRefused(message)
        credential = read_credential(os.read(file, LONGEST).decode("ascii", "replace").strip())
    finally:
        os.close(file)
    if credential is None:
        message = f"the root key file {path} holds no key: one line, sk_<key id>_<secret>. Remove it, and it is made"
        raise RootKeyRefused(message)
    return credential
