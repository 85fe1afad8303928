"""Which addresses a webhook may lead to: those of the public internet."""

from __future__ import annotations

import ipaddress
import re

from yarl import URL

LONGEST_URL = 2_000
"""Characters."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NETWORKS_4 = {
    "100.64.0.0/10": "shared by the customers of a carrier",
    "192.0.0.0/24": "reserved",
    "192.88.99.0/24": "reserved",
}
_NETWORKS_6 = {
    "2001::/23": "reserved",  # with Teredo, whose addresses hide an IPv4 address
    "2001:db8::/32": "reserved",
    "3fff::/20": "reserved",
}
_REFUSED = [(ipaddress.ip_network(network), why) for network, why in (_NETWORKS_4 | _NETWORKS_6).items()]
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}

_NUMERIC = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LOCAL = re.compile(r"(?:.*\.)?localhost\.?", re.IGNORECASE)


def refused_reason(address: str) -> str | None:
    """Return why nothing is sent to this IP address; None when it is a public one."""
    try:
        parsed: Address = ipaddress.ip_address(address)
    except ValueError:
        return "is no IP address"
    return _reason_4(parsed) if isinstance(parsed, ipaddress.IPv4Address) else _reason_6(parsed)


def _reason_4(address: ipaddress.IPv4Address) -> str | None:
    if not address.is_global or address.is_reserved or address.is_multicast:
        return f"is {_kind(address)}"
    return _network(address)


def _reason_6(address: ipaddress.IPv6Address) -> str | None:
    inner = _inner_address(address)
    if inner is not None:
        return _reason_4(inner)
    if address not in _PUBLIC_6 or not address.is_global:
        return f"is {_kind(address)}"
    return _network(address)


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to this one reach in the end (RFC 3056, 4291, 5214, 6052)."""
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    compatible = number >> 32 == 0 and number > 1
    if compatible or address in _NAT64 or (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        return ipaddress.IPv4Address(number & 0xFFFF_FFFF)
    return None


def _kind(address: Address) -> str:
    kinds = {
        "unspecified": address.is_unspecified,
        "loopback": address.is_loopback,
        "link-local": address.is_link_local,
        "multicast": address.is_multicast,
        "private": address.is_private and not address.is_reserved,
    }
    name = next((name for name, holds in kinds.items() if holds), "reserved")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} address"


def _network(address: Address) -> str | None:
    return next((f"is {why}" for network, why in _REFUSED if address in network), None)


def check_url(url: str, *, allow_http: bool = False, allow_private: bool = False) -> str | None:
    """Return what is wrong with the URL of a webhook; None when nothing is. No name is looked up here."""
    if len(url) > LONGEST_URL:
        return f"is longer than {LONGEST_URL} characters"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "has a character that no URL has"
    try:
        parsed = URL(url)
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        return "is no URL"
    wrong = {
        "has to begin with https://": parsed.scheme != "https" and not (allow_http and parsed.scheme == "http"),
        "has no host that can be reached": not host or port == 0 or "%" in host,
        "has a user or a password in it": parsed.raw_user is not None or parsed.raw_password is not None,
        "has a fragment": "#" in url,
    }
    reason = next((reason for reason, holds in wrong.items() if holds), None)
    return reason or _host_reason(host or "", allow_private=allow_private)


def _host_reason(host: str, *, allow_private: bool) -> str | None:
    if ":" not in host and _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return "has a host that is neither a name nor an IP address in its usual form"
    elif ":" not in host:
        if not _NAME.fullmatch(host):
            return "has a host with a character that no name has"
        return "leads to a loopback address" if _LOCAL.fullmatch(host) and not allow_private else None
    reason = None if allow_private else refused_reason(host)
    return None if reason is None else f"has a host that {reason}"
