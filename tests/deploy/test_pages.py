"""The pages on backups and deployment: the commands of the one restore a database, those of the other name files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.contract.given import a_customer, feed
from tests.deploy.proxies import DEPLOY
from tests.service import Service
from tests.test_documents import ROOT, bash, blocks

BACKUPS = (ROOT / "docs/backups.md").read_text("utf-8")
DEPLOYMENT = (ROOT / "docs/deployment.md").read_text("utf-8")
OF_GIT = {"deploy/secrets", "deploy/secrets/password", "deploy/secrets/pgpass"}
"""What the page makes, and git does not see."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone, as far as the commands of the page look at it."""
    for name in (".venv", "deploy"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "data").mkdir()
    return tmp_path


def test_a_backup_is_made_taken_away_and_served_again(folder: Path) -> None:
    saving, keeping, taking, checking, restoring, renewing = blocks(BACKUPS, "sh")
    with Service(folder / "data/seatkeeper.db") as service:
        customer = a_customer(service)
        bash(saving, folder)
        before = (customer.account(), feed(service))
        bash(f"{keeping}\n{taking}", folder)
        customer.credit(1)
        service.stop()
        bash(f"rm copy.db\n{checking}\n{restoring}", folder)
        service.start()
        assert (customer.account(), feed(service)) == before
    bash(renewing, folder)


def test_a_database_that_is_served_is_not_overwritten(folder: Path) -> None:
    _, _, _, _, restoring, _ = blocks(BACKUPS, "sh")
    with Service(folder / "data/seatkeeper.db") as service:
        customer = a_customer(service)
        assert "not restored" in bash(f"touch copy.db\n({restoring}) 2>&1 || true", folder)
        assert customer.credit(1).status_code == 200


def test_only_the_newest_copies_are_kept(folder: Path) -> None:
    _, keeping, *_ = blocks(BACKUPS, "sh")
    copies = folder / "data/backups"
    with Service(folder / "data/seatkeeper.db"):
        copies.mkdir()
        for day in range(1, 10):
            (copies / f"seatkeeper-2026010{day}T000000Z.db").touch()
        (copies / "mine.db").touch()
        bash(keeping, folder)
    kept = sorted(path.name for path in copies.iterdir())
    assert kept[:-1] == ["mine.db", *(f"seatkeeper-2026010{day}T000000Z.db" for day in range(4, 10))]
    assert (copies / kept[-1]).stat().st_size > 0


def test_a_copy_that_is_not_sound_removes_none(folder: Path) -> None:
    copies = folder / "data/backups"
    copies.mkdir()
    (copies / "seatkeeper-20260101T000000Z.db").touch()
    said = bash("SEATKEEPER=.venv/bin/seatkeeper deploy/backup data/none.db data/backups 1 || echo failed", folder)
    assert said.strip() == "failed"
    assert [path.name for path in copies.iterdir()] == ["seatkeeper-20260101T000000Z.db"]


def test_the_page_on_deployment_names_files_that_there_are() -> None:
    words = {word for block in blocks(DEPLOYMENT, "sh") for word in shlex.split(block, comments=True)}
    named = {word.rstrip(")").split(":")[0] for word in words if re.match(r"(?:deploy|requirements)/", word)}
    assert [name for name in named - OF_GIT if not (ROOT / name).exists()] == []
    assert str(DEPLOY.name) in {name.split("/")[0] for name in named}
