"""The address of a database, `postgresql://user:password@host:port/name?sslmode=...`, whose password nobody sees."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from seatkeeper.storage.errors import DatabaseRefused

SCHEMES = ("postgresql", "postgres")

_SECRET = {"password", "passwd", "sslpassword"}
"""Parameters that are never shown."""


class Address:
    """An address in the form that libpq and asyncpg know; as text it is `shown`, without the password."""

    def __init__(self, url: str) -> None:
        """Take this address; raise DatabaseRefused, with nothing of it, when it cannot be read."""
        scheme, found, rest = url.partition("://")
        try:
            parts = urlsplit(url) if found and scheme in SCHEMES and _is_plain(rest) else None
        except ValueError:
            parts = None
        if parts is None:
            message = (
                "the address of the database cannot be read: it looks like postgresql://user@host:5432/name,"
                " and @, /, ? and # in a user or a password are written as %40, %2F, %3F and %23"
            )
            raise DatabaseRefused(message)
        self.url = url
        user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
        hosts = parts.netloc.rpartition("@")[2]
        parameters = parse_qsl(parts.query, keep_blank_values=True)
        public = [(name, value) for name, value in parameters if name.lower() not in _SECRET]
        secrets = {password, unquote(password), *(value for name, value in parameters if name.lower() in _SECRET)}
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)
        place = f"{user}@{hosts}" if user or colon else hosts
        self.shown = self.hide(f"{scheme}://{place}{parts.path}{'?' if public else ''}{urlencode(public, safe='/:')}")
        """The address for logs and messages."""

    def hide(self, text: str) -> str:
        """Take the password out of a text that another library has made."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def __str__(self) -> str:
        """Show it without the password."""
        return self.shown

    def __repr__(self) -> str:
        """Show it without the password."""
        return f"Address({self.shown!r})"


def _is_plain(rest: str) -> bool:
    """Tell whether the part before the first @, /, ? or # is what it seems, as a raw one in a password would end it."""
    place, _, others = rest.replace("?", "/").replace("#", "/").partition("/")
    return "@" in place or "@" not in others
