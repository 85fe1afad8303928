"""What happens when somebody removes, renames or replaces a file of a running service."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.given import a_customer
from tests.service import Service, run_to_its_end
from tests.storage.stores import run
from tests.torture.rig.machinery import eventually

A_SIGN_UP = {"account_name": "A", "user_name": "B", "plan_id": "00000000-0000-7000-8000-000000000002"}


def beside(database: Path, end: str) -> Path:
    """A file beside the database."""
    return database.with_name(database.name + end)


def replace_by_a_copy(database: Path) -> None:
    """Put another file in its place, as `mv` does."""
    shutil.copy(database, beside(database, ".other"))
    beside(database, ".other").replace(database)


def remove_the_folder(database: Path) -> None:
    """Remove everything."""
    shutil.rmtree(database.parent)


LOST: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "renamed": lambda database: database.rename(beside(database, ".away")),
    "replaced": replace_by_a_copy,
    "the log removed": lambda database: beside(database, "-wal").unlink(),
    "the log renamed": lambda database: beside(database, "-wal").rename(beside(database, ".away")),
}

NOT_LOST: dict[str, Callable[[Path], object]] = {
    "the lock removed": lambda database: beside(database, ".lock").unlink(),
    "the index of the log removed": lambda database: beside(database, "-shm").unlink(),
}


def names_of_accounts(database: Path) -> set[str]:
    """The accounts of a file that is not served."""
    return {str(name) for (name,) in run(database, "SELECT json_extract(summary, '$.account_name') FROM accounts")}


@pytest.mark.parametrize("happens", LOST.values(), ids=LOST.keys())
def test_nothing_more_is_acknowledged_and_what_was_is_saved(
    service: Service, happens: Callable[[Path], object]
) -> None:
    acknowledged = a_customer(service).account().account_name
    happens(service.database)
    assert service.post("/v1/signups", A_SIGN_UP).status_code == 503
    assert service.wait() == 1
    reason = service.errors().splitlines()[-1]
    assert re.fullmatch(r"seatkeeper: \S+ was removed, renamed or replaced while it was served; all that .*", reason)
    saved = beside(service.database, ".rescued")
    assert str(saved) in reason
    verified = run_to_its_end("verify", "--database", str(saved))
    assert verified.status == 0, verified.output
    assert acknowledged in names_of_accounts(saved)


def test_it_is_noticed_without_a_request_too(service: Service) -> None:
    a_customer(service)
    service.database.unlink()
    assert service.wait() == 1
    assert beside(service.database, ".rescued").exists()


def test_what_was_saved_before_is_not_written_over(service: Service) -> None:
    beside(service.database, ".rescued").write_text("of another day")
    service.database.unlink()
    assert service.wait() == 1
    assert beside(service.database, ".rescued").read_text() == "of another day"
    assert run_to_its_end("verify", "--database", str(beside(service.database, ".rescued.2"))).status == 0


def test_without_its_folder_it_is_saved_where_temporary_files_go(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    elsewhere.mkdir()
    folder.mkdir()
    # Its messages go to a folder that stays.
    service = Service(tmp_path / "log", arguments=("--database", str(folder / "a.db"), "--host", "127.0.0.1",
                      "--port", "0", "--starter-plans"), environment={"TMPDIR": str(elsewhere)})  # fmt: skip
    with service:
        acknowledged = a_customer(service).account().account_name
        shutil.rmtree(folder)
        assert service.wait() == 1
    (saved,) = elsewhere.glob("seatkeeper-*/a.db.rescued")
    assert str(saved) in service.errors().splitlines()[-1]
    assert acknowledged in names_of_accounts(saved)


@pytest.mark.parametrize("happens", NOT_LOST.values(), ids=NOT_LOST.keys())
def test_where_a_second_process_might_come_in_it_ends_and_nothing_is_lost(
    service: Service, happens: Callable[[Path], object]
) -> None:
    acknowledged = a_customer(service).account().account_name
    happens(service.database)
    assert service.wait() == 1
    assert "nothing is lost" in service.errors().splitlines()[-1]
    assert acknowledged in service.start().get("/v1/accounts").text


def test_a_file_that_is_replaced_after_a_stop_is_served(service: Service, tmp_path: Path) -> None:
    acknowledged = a_customer(service).account().account_name
    assert run_to_its_end("backup", "--database", str(service.database), str(tmp_path / "copy.db")).status == 0
    assert service.stop() == 0
    (tmp_path / "copy.db").replace(service.database)
    assert acknowledged in service.start().get("/v1/accounts").text


def pages(database: Path) -> tuple[bytes, bytes]:
    """What is in the file, and the header of its log, which counts the checkpoints."""
    return database.read_bytes(), beside(database, "-wal").read_bytes()


@pytest.mark.parametrize("ends", ["served", "killed"])
def test_verify_and_backup_checkpoint_nothing_also_when_they_close(service: Service, tmp_path: Path, ends: str) -> None:
    a_customer(service)
    eventually(lambda: "search_behind_events 0.0" in service.get("/metrics").text, 20, "the search index has it all")
    if ends == "killed":
        service.kill()
    before = pages(service.database)
    assert len(before[1]) > 4096
    assert run_to_its_end("verify", "--database", str(service.database)).status == 0
    assert run_to_its_end("backup", "--database", str(service.database), str(tmp_path / "copy.db")).status == 0
    assert pages(service.database) == before


def test_others_may_not_read_what_it_makes(service: Service, tmp_path: Path) -> None:
    a_customer(service)
    copy = tmp_path / "copy.db"
    assert run_to_its_end("backup", "--database", str(service.database), str(copy)).status == 0
    made = [service.database, copy, *(beside(service.database, end) for end in ("-wal", "-shm", ".lock"))]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in made} == dict.fromkeys(
        (path.name for path in made), "0o600"
    )


def test_others_may_not_read_what_an_older_release_made(stopped: Path) -> None:
    made = [stopped, beside(stopped, ".lock"), beside(stopped, ".before-2")]
    for path in made:
        path.touch()
        path.chmod(0o644)
    with Service(stopped) as service:
        assert [oct(path.stat().st_mode & 0o777) for path in made] == ["0o600"] * 3
        assert "others could read a file" in service.errors()


def test_backup_says_how_a_copy_is_restored(service: Service, tmp_path: Path) -> None:
    said = run_to_its_end("backup", "--database", str(service.database), str(tmp_path / "copy.db")).output
    assert "has no -wal file" in said
    assert "-wal and -shm files of before away" in said
    assert not beside(tmp_path / "copy.db", "-wal").exists()


def test_the_log_of_the_service_names_the_version_of_sqlite(service: Service) -> None:
    assert f'"sqlite":"{sqlite3.sqlite_version}"' in service.errors()


def test_a_copy_has_no_identity(service: Service, tmp_path: Path) -> None:
    assert run_to_its_end("backup", "--database", str(service.database), str(tmp_path / "copy.db")).status == 0
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT * FROM identity").fetchall() == []
