"""The files that pages load: ours, and those of others, which a `manifest.json` beside them names with their hashes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aiohttp import hdrs, web

from seatkeeper.http.access.compression import accepts_gzip, add_vary
from seatkeeper.http.server.responses import SERVER

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

_YEAR = 31_536_000

_KEPT = f"public, max-age={_YEAR}, immutable"


class Asset(NamedTuple):
    """A file as it is sent, plain and compressed; the tag is of its content."""

    content_type: str
    content: bytes
    compressed: bytes
    tag: str


def _read(path: Path, edit: Callable[[bytes], bytes]) -> Asset:
    content = edit(path.read_bytes())
    tag = hashlib.sha256(content).hexdigest()[:16]
    return Asset(_TYPES[path.suffix], content, gzip.compress(content, mtime=0), tag)


class Assets:
    """The scripts and styles of a folder, sent from memory.

    An address has the tag of the content as its query, so that a browser may keep what it has got for ever, and asks
    for the next release's file at once.
    """

    def __init__(self, folder: Path, root: str, edit: Callable[[bytes], bytes] = bytes) -> None:
        """Read, edit and compress all files, 20 ms for a megabyte; they are served below `root`."""
        self._files = {path.name: _read(path, edit) for path in sorted(folder.iterdir()) if path.suffix in _TYPES}
        self._root = root

    def address(self, name: str) -> str:
        """Return where a page loads a file from."""
        return f"{self._root}/{name}?{self._files[name].tag}"

    def answer(self, request: web.Request, name: str) -> web.Response:
        """Answer with a file, or with 304 if the client has it; raise HTTPNotFound where there is none."""
        found = self._files.get(name)
        if found is None or request.method not in {"GET", "HEAD"}:
            raise web.HTTPNotFound
        headers = {
            hdrs.SERVER: SERVER,
            hdrs.ETAG: f'"{found.tag}"',
            hdrs.CACHE_CONTROL: _KEPT if request.query_string == found.tag else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        known = request.if_none_match or ()
        if any(each.value in {found.tag, "*"} for each in known):
            return web.Response(status=304, headers=headers)
        response = web.Response(body=found.content, headers={**headers, hdrs.CONTENT_TYPE: found.content_type})
        add_vary(response, hdrs.ACCEPT_ENCODING)
        if accepts_gzip(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, []))):
            response.body = found.compressed
            response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        return response
