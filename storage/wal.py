"""The write-ahead log, looked at before SQLite opens it: whether it is damaged in its middle, or only ends early.

SQLite reads the log up to the first frame that is not right, and takes it for the end of what a crash left. A frame
that was damaged later looks the same, and all that was committed behind it would be dropped without a word.

What tells them apart: each commit is synced (`synchronous=FULL`) before a frame of the next one is written, and the
checksum of a frame goes on from the one that is stored in the frame before it. So a frame that follows from a commit
frame proves that this commit was on the disk as a whole, and may have been acknowledged. After a power cut only the
frames of the last commit can be missing, in any order, and no frame follows from its commit frame. Frames of an earlier
round of the log have other salts; frames that an earlier crash left behind have these salts, and are of one commit.
A damage in the last commit itself cannot be told from a crash in it.

Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEADER = struct.Struct(">8I")  # magic, format, page size, checkpoints, two salts, two sums
_FRAME = struct.Struct(">6I")  # page, size of the database if it ends a commit, two salts, two sums
_MAGIC = 0x377F0682  # the last bit says that the sums are of big-endian words
_PAGE_SIZES = tuple(512 << power for power in range(8))
_WORD = 0xFFFFFFFF

Pair = tuple[int, int]


class Damage(NamedTuple):
    """Where the first wrong byte may be, and how many whole commits lie behind it."""

    place: int
    commits: int


class _Frame(NamedTuple):
    place: int
    ends_commit: bool
    of_this_round: bool
    follows: bool
    """Its checksum goes on from that of the frame before it, as it is stored there, or as it should be."""


def find_damage(log: Path) -> Damage | None:
    """Read the log of a database; None if there is none, or nothing is known to be damaged.

    That takes 60 us a page. What is being written just now may look damaged, and is whole when it is looked at again.
    Raises OSError.
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
    if page_size not in _PAGE_SIZES:  # nothing was written yet, or nobody can tell where its frames are
        return None
    sound = magic | 1 == _MAGIC | 1 and _sums(header[:24], (0, 0), magic) == (sums[0], sums[1])
    frames = _frames(file, magic, page_size, (salt, other_salt) if sound else None, (sums[0], sums[1]))
    damage = _judge(frames, sound=sound)
    file.seek(0)
    return damage if file.read(_HEADER.size) == header else None  # it was begun anew meanwhile


def _judge(frames: Iterator[_Frame], *, sound: bool) -> Damage | None:
    """Find the first frame that is not right, or the header, and whether the commits behind it were on the disk."""
    place = None if sound else 0
    commits, proven = 0, False
    last: _Frame | None = None
    for frame in frames:
        right = frame.of_this_round and frame.follows
        if place is None and right:
            continue
        if place is None:
            place = frame.place
        elif right:
            if last is not None and last.ends_commit:
                proven = True
                commits += not last.follows  # it was not counted: it is the one that is damaged
            commits += frame.ends_commit
        last = frame
    return Damage(place, commits) if place is not None and (proven or (not sound and commits)) else None


def _frames(file: BinaryIO, magic: int, page_size: int, salts: Pair | None, sums: Pair) -> Iterator[_Frame]:
    """Read the frames one by one; without the salts of the header, those of the first frame count."""
    place, seeds = _HEADER.size, {sums}
    while len(frame := file.read(_FRAME.size + page_size)) == _FRAME.size + page_size:
        _, size, salt, other_salt, first, second = _FRAME.unpack_from(frame)
        salts = salts or (salt, other_salt)
        ours = salts == (salt, other_salt)
        found = [_page_sums(frame, before, magic) for before in seeds] if ours else []
        yield _Frame(place, size != 0, ours, (first, second) in found)
        seeds = {(first, second), *found[:1]}
        place += len(frame)


def _sums(content: bytes, sums: Pair, magic: int) -> Pair:
    """Go on with the two sums of SQLite over so many pairs of words."""
    first, second = sums
    order = ">" if magic & 1 else "<"
    for one, other in struct.iter_unpack(f"{order}2I", content):
        first = first + one + second & _WORD
        second = second + other + first & _WORD
    return first, second


def _page_sums(frame: bytes, sums: Pair, magic: int) -> Pair:
    """Go on with the sums over the first two words of a frame and its page, four pairs a step: twice as fast so."""
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
