"""The write-ahead log, checked before SQLite opens it: is it damaged in its middle, or does it only end early?

SQLite reads the log up to the first invalid frame and takes it for the end that a crash left. A frame that was damaged
later looks the same, and SQLite would silently drop all commits behind it.

The difference: each commit is synced (`synchronous=FULL`) before a frame of the next one is written, and the checksum
of a frame continues the one that is stored in the frame before. So a frame that follows from a commit frame proves that
this commit was wholly on the disk and may have been acknowledged. After a power cut only frames of the last commit can
be missing, in any order, and no frame follows from its commit frame. Frames of an earlier round of the log have other
salts. Frames that an earlier crash left have these salts and belong to one commit. Damage in the last commit itself
cannot be told from a crash in it.

Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from seatkeeper.storage.errors import DatabaseRefused

logger = logging.getLogger(__name__)

_HEADER = struct.Struct(">8I")  # magic, format, page size, checkpoints, two salts, two sums
_FRAME = struct.Struct(">6I")  # page, size of the database if it ends a commit, two salts, two sums
_MAGIC = 0x377F0682  # the last bit says that the sums are of big-endian words
_PAGE_SIZES = tuple(512 << power for power in range(8))
_WORD = 0xFFFFFFFF

Pair = tuple[int, int]


class Damage(NamedTuple):
    """The byte at which the first invalid frame begins, and the number of whole commits behind it."""

    byte: int
    commits: int


class _Frame(NamedTuple):
    byte: int
    ends_commit: bool
    of_this_round: bool
    follows: bool
    """Whether its checksum continues that of the frame before, as it is stored there or as it should be."""


def log_of(path: Path) -> Path:
    """Return the path of the write-ahead log, which lies beside the file and not beside a link to it."""
    path = path.resolve()
    return path.with_name(path.name + "-wal")


def log_bytes(path: Path) -> int:
    """Return the size of the log of a database, 0 without one."""
    try:
        return log_of(path).stat().st_size
    except FileNotFoundError:
        return 0


def refuse_damaged_log(path: Path) -> None:
    """Raise DatabaseRefused if the log is damaged before a commit, which SQLite would not report."""
    log = log_of(path)
    try:
        damage = find_damage(log)
    except OSError as error:
        message = f"{log} cannot be read: {error.strerror}"
        raise DatabaseRefused(message) from error
    if damage is not None:
        logger.error("the log is damaged", extra={"log": str(log), "byte": damage.byte, "commits": damage.commits})
        message = (
            f"{log} is damaged at byte {damage.byte}, and the commits behind it ({damage.commits} are whole) may have"
            " been acknowledged; nothing was changed. Copy the files, and restore a backup; or give up these commits"
            f" with: truncate --size={damage.byte} {log}"
        )
        raise DatabaseRefused(message)


def find_damage(log: Path) -> Damage | None:
    """Read a log and return its damage; None without a log or damage.

    It takes 60 us a page. A frame that is being written may look damaged, so damage is looked for twice. Raise OSError.
    """
    damage = _look(log)
    return damage if damage is not None and damage == _look(log) else None


def _look(log: Path) -> Damage | None:
    try:
        with log.open("rb") as file:
            return _find(file)
    except FileNotFoundError:
        return None


def _find(file: BinaryIO) -> Damage | None:
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    magic, _, page_size, _, salt, other_salt, *sums = _HEADER.unpack(header)
    if page_size not in _PAGE_SIZES:  # empty, or it is unknown where its frames begin
        return None
    sound = magic | 1 == _MAGIC | 1 and _sums(header[:24], (0, 0), magic) == (sums[0], sums[1])
    frames = _frames(file, magic, page_size, (salt, other_salt) if sound else None, (sums[0], sums[1]))
    damage = _judge(frames, sound=sound)
    file.seek(0)
    return damage if file.read(_HEADER.size) == header else None  # it was restarted meanwhile


def _judge(frames: Iterator[_Frame], *, sound: bool) -> Damage | None:
    """Find the first invalid frame or header, and whether the commits behind it were on the disk."""
    byte = None if sound else 0
    commits, proven = 0, False
    last: _Frame | None = None
    for frame in frames:
        valid = frame.of_this_round and frame.follows
        if byte is None and valid:
            continue
        if byte is None:
            byte = frame.byte
        elif valid:
            if last is not None and last.ends_commit:
                proven = True
                commits += not last.follows  # the damaged frame itself, which was not counted
            commits += frame.ends_commit
        last = frame
    return Damage(byte, commits) if byte is not None and (proven or (not sound and commits)) else None


def _frames(file: BinaryIO, magic: int, page_size: int, salts: Pair | None, sums: Pair) -> Iterator[_Frame]:
    """Read the frames one by one; without the salts of the header, use those of the first frame."""
    byte, seeds = _HEADER.size, {sums}
    while len(frame := file.read(_FRAME.size + page_size)) == _FRAME.size + page_size:
        _, size, salt, other_salt, first, second = _FRAME.unpack_from(frame)
        salts = salts or (salt, other_salt)
        ours = salts == (salt, other_salt)
        found = [_page_sums(frame, before, magic) for before in seeds] if ours else []
        yield _Frame(byte, size != 0, ours, (first, second) in found)
        seeds = {(first, second), *found[:1]}
        byte += len(frame)


def _sums(content: bytes, sums: Pair, magic: int) -> Pair:
    """Continue the two checksums of SQLite over these pairs of words."""
    first, second = sums
    order = ">" if magic & 1 else "<"
    for one, other in struct.iter_unpack(f"{order}2I", content):
        first = first + one + second & _WORD
        second = second + other + first & _WORD
    return first, second


def _page_sums(frame: bytes, sums: Pair, magic: int) -> Pair:
    """Continue the checksums over the first two words of a frame and its page, four pairs a step: twice as fast."""
    first, second = _sums(frame[:8], sums, magic)
    order = ">" if magic & 1 else "<"
    for a, b, c, d, e, f, g, h in struct.iter_unpack(f"{order}8I", memoryview(frame)[_FRAME.size :]):
        first += a + second
        second += b + first
        first += c + second
        second += d + first
        first += e + second
        second += f + first
        first += g + second
        second = second + h + first & _WORD
        first &= _WORD
    return first, second
