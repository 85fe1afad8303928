"""What pages load is ours, or stands in the manifest with its licence and its hash."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request

from seatkeeper.http.docs.pages import STATIC, read_assets


class Vendored(msgspec.Struct, forbid_unknown_fields=True):
    """A file of somebody else."""

    name: str
    version: str
    file: str
    licence: Literal["MIT"]
    licence_file: str
    sha256: str


OURS = {"docs.css", "reference.js"}
MANIFEST = msgspec.json.decode((STATIC / "manifest.json").read_bytes(), type=list[Vendored])
EACH = pytest.mark.parametrize("vendored", MANIFEST, ids=lambda vendored: vendored.file)


def test_every_file_is_ours_or_in_the_manifest() -> None:
    others = {name for vendored in MANIFEST for name in (vendored.file, vendored.licence_file)}
    assert {path.name for path in STATIC.iterdir()} == OURS | others | {"manifest.json"}


@EACH
def test_a_file_of_others_is_as_they_made_it(vendored: Vendored) -> None:
    assert hashlib.sha256((STATIC / vendored.file).read_bytes()).hexdigest() == vendored.sha256


@EACH
def test_a_file_of_others_says_its_version(vendored: Vendored) -> None:
    assert f'"{vendored.version}"' in (STATIC / vendored.file).read_text("utf-8")


@EACH
def test_the_licence_of_others_is_there(vendored: Vendored) -> None:
    licence = (STATIC / vendored.licence_file).read_text("utf-8")
    assert "The MIT License" in licence
    assert "THE SOFTWARE IS PROVIDED" in licence


def test_redoc_is_sent_without_the_address_of_its_logo() -> None:
    name = "redoc.standalone.js"
    assert (STATIC / name).read_bytes().count(b"cdn.redoc.ly") == 1
    request = make_mocked_request("GET", f"/docs/static/{name}")
    sent = read_assets().answer(request, name).body
    assert isinstance(sent, bytes)
    assert b"cdn.redoc.ly" not in sent


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_own_files_name_no_address(name: str) -> None:
    assert re.findall(r"https?://|//\w+\.\w", (STATIC / name).read_text("utf-8")) == []
