"""Compression: answers of 1 KiB and more go out as gzip to who accepts it."""

from __future__ import annotations

import re

from aiohttp import hdrs, web

SHORTEST = 1024
"""Bytes from which on an answer is compressed: below, it gains nothing."""

_MEMBER = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?", re.IGNORECASE)


def compress(request: web.Request, response: web.Response) -> None:
    """Compress a long answer for a client that accepts it, and say that this depends on the client's header."""
    body = response.body
    if not isinstance(body, bytes) or len(body) < SHORTEST or hdrs.CONTENT_ENCODING in response.headers:
        return
    add_vary(response, hdrs.ACCEPT_ENCODING)
    if hdrs.ACCEPT_ENCODING in request.headers and accepts_gzip(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING))):
        response.enable_compression(web.ContentCoding.gzip)


def accepts_gzip(header: str) -> bool:
    """Tell whether an Accept-Encoding header (RFC 9110, 12.5.3) takes gzip, and would not rather have it plain."""
    qualities = {}
    for member in header.split(","):
        found = _MEMBER.fullmatch(member)
        if found is not None:
            qualities[found[1].lower()] = _quality(found[2])
    other = qualities.get("*", 0.0)
    gzip = qualities.get("gzip", qualities.get("x-gzip", other))
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


def add_vary(response: web.StreamResponse, name: str) -> None:
    """Say that the answer depends on this header of the request."""
    known = response.headers.get(hdrs.VARY)
    response.headers[hdrs.VARY] = name if known is None else f"{known}, {name}"
