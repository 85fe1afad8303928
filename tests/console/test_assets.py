"""What pages load is ours, or stands in the manifest with its licence and its hash, and is kept by its content."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from seatkeeper.http import console
from seatkeeper.http.assets import Assets

STATIC = Path(str(console.__file__)).parent / "static"

WORDS_OF = {"MIT": "The above copyright notice and this permission notice", "0BSD": "Permission to use, copy, modify"}

LOADED = re.compile(r"""@import|url\(\s*["']?(?!data:)(?!["'])[^)]|https?://|["'(]//[\w-]+\.""")
"""What a style or a script would load something by, or from."""

NOT_LOADED = {
    "http://www.w3.org/2000/svg",  # a name space, in pictures that are data
    "https://picocss.com",  # these two stand in comments
    "https://github.com/leeoniya/uPlot",
}


class Vendored(msgspec.Struct, forbid_unknown_fields=True):
    """A file of somebody else."""

    name: str
    version: str
    file: str
    licence: str
    licence_file: str
    sha256: str


MANIFEST = msgspec.json.decode((STATIC / "manifest.json").read_bytes(), type=list[Vendored])
EACH = pytest.mark.parametrize("vendored", MANIFEST, ids=lambda vendored: vendored.file)
SENT = sorted(path.name for path in STATIC.iterdir() if path.suffix in {".js", ".css"})
OURS = {"console.css", "overview.js"}


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets(STATIC, "/console/static")


def get(assets: Assets, name: str, query: str = "", **headers: str) -> web.Response:
    sent = {field.replace("_", "-"): value for field, value in headers.items()}
    return assets.answer(make_mocked_request("GET", f"/console/static/{name}{query}", headers=sent), name)


def test_every_file_is_ours_or_in_the_manifest() -> None:
    others = {name for vendored in MANIFEST for name in (vendored.file, vendored.licence_file)}
    assert {path.name for path in STATIC.iterdir()} == OURS | others | {"manifest.json"}


@EACH
def test_a_file_of_others_is_as_they_made_it(vendored: Vendored) -> None:
    assert hashlib.sha256((STATIC / vendored.file).read_bytes()).hexdigest() == vendored.sha256


@EACH
def test_the_licence_of_others_is_there(vendored: Vendored) -> None:
    licence = " ".join((STATIC / vendored.licence_file).read_text("utf-8").split())
    assert WORDS_OF[vendored.licence] in licence


@pytest.mark.parametrize("name", SENT)
def test_no_file_loads_anything_from_outside(name: str) -> None:
    text = (STATIC / name).read_text("utf-8")
    for address in NOT_LOADED:
        text = text.replace(address, "")
    assert [text[found.start() :][:80] for found in LOADED.finditer(text)] == []


@pytest.mark.parametrize("name", SENT)
def test_a_file_is_kept_for_ever_under_the_address_that_has_its_hash(assets: Assets, name: str) -> None:
    address = assets.address(name)
    answer = get(assets, name, f"?{address.partition('?')[2]}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.body == (STATIC / name).read_bytes()


@pytest.mark.parametrize("query", ["", "?0123456789abcdef"])
def test_a_file_is_asked_for_again_under_another_address(assets: Assets, query: str) -> None:
    assert get(assets, "console.css", query).headers["Cache-Control"] == "no-cache"


def test_a_client_that_has_a_file_is_told_so(assets: Assets) -> None:
    tag = get(assets, "htmx.min.js").headers["ETag"]
    again = get(assets, "htmx.min.js", If_None_Match=tag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, None, tag)


def test_a_client_that_has_another_file_gets_it(assets: Assets) -> None:
    assert get(assets, "htmx.min.js", If_None_Match='"other"').status == 200


def test_a_file_is_compressed_for_who_accepts_it(assets: Assets) -> None:
    answer = get(assets, "pico.min.css", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert isinstance(answer.body, bytes)
    assert gzip.decompress(answer.body) == (STATIC / "pico.min.css").read_bytes()


@pytest.mark.parametrize("name", ["nothing.js", "manifest.json", "htmx.LICENSE.txt", "../assets.py", ""])
def test_nothing_else_is_sent(assets: Assets, name: str) -> None:
    with pytest.raises(web.HTTPNotFound):
        get(assets, name)
