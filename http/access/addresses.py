"""The address of a client: that of its connection, or what a proxy says that the settings trust.

Each proxy adds the address that it was asked from at the right end of `Forwarded` (RFC 7239) or `X-Forwarded-For`. They
are read from the right, for as long as they are of trusted proxies: the first that is not is the client's. What stands
left of it the client may have made up. A proxy that knows one of the two headers hands the other on as it came, so
where both say something and not the same, neither is believed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from aiohttp import web

from seatkeeper.http.access.names import Network

_PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,;"]*)\s*')
_NODE = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?")

_ESCAPED = re.compile(r"\\(.)")

LONGEST = 8_190
"""Characters of such a header that are read; where there are more, it is not believed."""

REMEMBERED = 10_000
"""Addresses for which it is remembered whether they are of a trusted proxy."""


class ClientAddresses:
    """Finds the address of the client of a request."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        """Believe the proxies in these networks."""
        self._trusted = trusted
        self._is_trusted = lru_cache(REMEMBERED)(self._lies_in_trusted)

    def of(self, request: web.Request) -> str:
        """Return the address of the client, empty where it has none."""
        peer = request.remote or ""
        if not self._trusted or not self._is_trusted(peer):
            return peer
        headers = request.headers
        given = [
            self._client(peer, hops)
            for name, hops in (
                ("Forwarded", _forwarded(headers.getall("Forwarded", []))),
                ("X-Forwarded-For", _forwarded_for(headers.getall("X-Forwarded-For", []))),
            )
            if name in headers
        ]
        return given[0] if given and given[0] == given[-1] else _written(peer)

    def is_secure(self, request: web.Request) -> bool:
        """Tell whether the client's own connection is encrypted, as far as this one or a trusted proxy shows it."""
        if request.scheme == "https":
            return True
        if not self._trusted or not self._is_trusted(request.remote or ""):
            return False
        headers = request.headers
        given = [*_forwarded(headers.getall("Forwarded", []), "proto")][-1:]
        given += headers.get("X-Forwarded-Proto", "").split(",")[:1]
        return any(proto.strip().lower() == "https" for proto in given)

    def _client(self, peer: str, hops: Iterator[str]) -> str:
        """Walk the hops, the nearest first, to the first that is not trusted."""
        last = peer
        for hop in hops:
            address = _address(hop)
            if address is None:
                break
            last = address
            if not self._is_trusted(address):
                break
        return _written(last)

    def _lies_in_trusted(self, address: str) -> bool:
        try:
            read = ipaddress.ip_address(_written(address))
        except ValueError:
            return False
        return any(read in network for network in self._trusted)


def _written(address: str) -> str:
    """Write an IPv4 address inside an IPv6 one as what it is."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = read.ipv4_mapped if isinstance(read, ipaddress.IPv6Address) else None
    return str(mapped or read)


def _address(hop: str) -> str | None:
    """Read an address, maybe with a port; None for anything else, such as `unknown`."""
    try:
        return _written(str(ipaddress.ip_address(hop)))
    except ValueError:
        found = _NODE.fullmatch(hop)
    if found is None:
        return None
    try:
        return _written(str(ipaddress.ip_address(found["v6"] or found["v4"])))
    except ValueError:
        return None


def _forwarded(lines: Sequence[str], wanted: str = "for") -> Iterator[str]:
    """List what `for` says in each element of a Forwarded header, from the right; what cannot be read is empty."""
    for element in reversed(_split(",".join(lines), ",")):
        node = ""
        for part in _split(element, ";"):
            pair = _PAIR.fullmatch(part)
            if pair is not None and pair[1].lower() == wanted:
                node = _ESCAPED.sub(r"\1", pair[2][1:-1]) if pair[2][:1] == '"' else pair[2]
        yield node


def _forwarded_for(lines: Sequence[str]) -> Iterator[str]:
    text = ",".join(lines)
    for hop in reversed(text.split(",") if len(text) <= LONGEST else []):
        yield hop.strip()


def _split(text: str, separator: str) -> Sequence[str]:
    """Split at a separator that is not inside quotes.

    An open quote swallows what the proxies have added behind it, and a long text costs time: neither has any parts.
    """
    if len(text) > LONGEST:
        return []
    if '"' not in text:
        return text.split(separator)
    ends, quoted, escaped = [-1], False, False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            ends.append(at)
    return [] if quoted else [text[a + 1 : b] for a, b in pairwise([*ends, len(text)])]
