"""The file of the root key: made once, for its owner alone, and never believed when others may have read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatkeeper.http.access.credentials import new_credential, read_credential
from seatkeeper.http.access.root_key import RootKeyRefused, read_or_make
from tests.access.past import BACKEND


def new_id() -> str:
    return BACKEND


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "root.key"


def test_a_file_that_is_not_there_is_made_with_a_key(path: Path) -> None:
    credential = read_or_make(path, new_id)
    assert credential.key_id == BACKEND
    assert path.read_text() == f"{credential}\n"


def test_only_its_owner_may_read_it(path: Path) -> None:
    read_or_make(path, new_id)
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_else_is_left_beside_it(path: Path) -> None:
    read_or_make(path, new_id)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_stays_what_it_is(path: Path) -> None:
    first = read_or_make(path, new_id)
    assert read_or_make(path, new_id) == first


def test_two_files_have_two_secrets(path: Path, tmp_path: Path) -> None:
    assert read_or_make(path, new_id) != read_or_make(tmp_path / "other.key", new_id)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    read_or_make(path, new_id)
    path.chmod(mode)
    with pytest.raises(RootKeyRefused, match="others can read"):
        read_or_make(path, new_id)


@pytest.mark.parametrize("content", ["", "\n", "secret", f"sk_{BACKEND}_short", "\xff" * 10])
def test_a_file_without_a_key_is_refused_and_left(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(RootKeyRefused, match="holds no key"):
        read_or_make(path, new_id)
    assert path.read_text() == content


def test_a_folder_is_no_file_of_a_key(tmp_path: Path) -> None:
    with pytest.raises(RootKeyRefused):
        read_or_make(tmp_path, new_id)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RootKeyRefused, match="No such file"):
        read_or_make(tmp_path / "missing" / "root.key", new_id)


def test_a_refusal_does_not_show_what_is_in_the_file(path: Path) -> None:
    path.write_text("sk_almost_a_secret")
    path.chmod(0o600)
    with pytest.raises(RootKeyRefused) as refused:
        read_or_make(path, new_id)
    assert "almost" not in str(refused.value)


def test_a_credential_is_read_as_it_is_written() -> None:
    credential = new_credential(BACKEND)
    assert read_credential(str(credential)) == credential
    assert len(credential.secret) == 43


@pytest.mark.parametrize("text", ["", "sk_", "sk__", f"sk_{BACKEND}_", f"sk_{BACKEND.upper()}_{'a' * 43}", "sk_\n"])
def test_what_has_another_form_is_no_credential(text: str) -> None:
    assert read_credential(text) is None
