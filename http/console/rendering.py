"""Templates: Jinja2 with escaping everywhere, and what they may use beside the values of a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seatkeeper.http.assets import Assets
from seatkeeper.http.events_out.words import USUAL, in_words, label, named

PACKAGE = "seatkeeper.http.console"


class Templates:
    """All templates, compiled."""

    def __init__(self, assets: Assets, **shared: object) -> None:
        """Compile them; all of them may use what is shared."""
        self._environment = environment = Environment(
            loader=PackageLoader(PACKAGE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(asset=assets.address, link=link, named=named, **shared)
        environment.filters.update(when=when, label=label, in_words=in_words)
        for name in environment.list_templates(extensions=["html"]):
            environment.get_template(name)

    def render(self, name: str, **context: object) -> str:
        """Write a page."""
        return self._environment.get_template(name).render(**context)


def when(text: str | None) -> Markup | str:
    """Write a time as people read it, in UTC."""
    if not text:
        return "never"
    if len(text) == USUAL and text.endswith("Z"):  # as the service writes all times; a page may have some hundreds
        return Markup('<time datetime="{}">{} {} UTC</time>').format(text, text[:10], text[11:19])
    try:
        time = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return text
    return Markup('<time datetime="{}">{:%Y-%m-%d %H:%M:%S} UTC</time>').format(text, time)


def link(path: str, query: Mapping[str, object] | None = None, **more: object) -> str:
    """Write the address of a page, with the parameters that have a value."""
    given = {name: str(value) for name, value in {**(query or {}), **more}.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path
