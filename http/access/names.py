"""The networks, hosts and origins that the settings name, as lists with commas; each is checked at the start."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = r"(?:[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
_is_host = re.compile(_HOST).fullmatch
_is_origin = re.compile(rf"https?://{_HOST}").fullmatch


def networks(text: str) -> Sequence[Network]:
    """Read networks or single addresses; raise ValueError with what is wrong."""
    read = []
    for name in _listed(text):
        try:
            read.append(ipaddress.ip_network(name, strict=False))
        except ValueError as error:
            raise ValueError(f"{name} is no address and no network, like 10.0.0.0/8") from error
    return read


def hosts(text: str) -> frozenset[str]:
    """Read hosts, with a port or without; raise ValueError with what is wrong."""
    return _matching(text, _is_host, "is no host, like api.example.com or api.example.com:8443")


def origins(text: str) -> frozenset[str]:
    """Read origins; raise ValueError with what is wrong."""
    return _matching(text, _is_origin, "is no origin, like https://app.example.com")


def _matching(text: str, fits: Callable[[str], object], message: str) -> frozenset[str]:
    read = frozenset(name.lower() for name in _listed(text))
    for name in sorted(read):
        if not fits(name):
            raise ValueError(f"{name} {message}")
    return read


def _listed(text: str) -> Sequence[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
