"""What the benchmark sets beside ours: is each complete, pinned, durable, and counted?"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench import load, servers
from bench.failure import BenchFailure
from bench.load.orders import Order, SignUps
from bench.peers.recipes import HERE, RECIPES, Recipe
from bench.peers.registry import command, count, note, peers

ON_NODE = HERE / "fastify_better_sqlite3"
TABLES = (HERE / "threading_actor" / "schema.sql").read_text("utf-8")
EACH = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


def test_each_folder_is_a_peer() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders == {recipe.folder.name for recipe in RECIPES}
    assert [peer.name for peer in peers()] == [recipe.name for recipe in RECIPES]


@pytest.mark.parametrize("folder", ["fastapi_sqlalchemy", "threading_actor"])
def test_each_python_package_has_a_version_and_hashes(folder: str) -> None:
    locked = (HERE / folder / "requirements.txt").read_text("utf-8")
    packages = re.split(r"\n(?=[a-z])", locked)
    assert all(re.match(r"[a-z0-9-]+==\S+ ", package) and "--hash=sha256:" in package for package in packages)
    for wanted in (HERE / folder / "requirements.in").read_text("utf-8").split():
        assert f"\n{wanted.partition('[')[0]}==" in f"\n{locked}"
    assert "://" not in locked


def test_each_node_package_has_a_version_and_a_hash_and_no_address() -> None:
    wanted = json.loads((ON_NODE / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((ON_NODE / "package-lock.json").read_text("utf-8"))["packages"]
    assert locked.pop("")["dependencies"] == wanted
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in package and "resolved" not in package for package in locked.values())


def test_a_peer_that_is_not_installed_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("aiohttp==1")
    recipe = RECIPES[0]._replace(folder=tmp_path, made=tmp_path / "made")
    assert "make bench-peers" in note(recipe)
    recipe.made.mkdir()
    recipe.stamp.write_text("aiohttp==1")
    assert note(recipe) == ""
    assert note(recipe._replace(programs=("python3", "no-such-program"))) == "there is no no-such-program"


def file_of(tmp_path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(tmp_path / "peer.db", isolation_level=None)) as connection:
        connection.executescript("\n".join([TABLES, *statements]))
    return tmp_path / "peer.db"


def account(number: int) -> str:
    return f"""INSERT INTO accounts VALUES ('{number}', 'Bench {number}', 'active',
        '00000000-0000-7000-8000-000000000002', 1, 25, 10, 0, 'EUR', 1, '');"""


def member(number: int) -> str:
    return f"INSERT INTO members VALUES ('m{number}', '{number}', 'Ada', NULL, 'admin', 0, '');"


def event(number: int) -> str:
    return f"INSERT INTO events VALUES ({number}, '{number}', 1, 'account.opened', '', '');"


def test_whole_accounts_are_counted(tmp_path: Path) -> None:
    whole = (part(number) for number in (1, 2) for part in (account, member, event))
    assert count(file_of(tmp_path, *whole)) == 2


@pytest.mark.parametrize("parts", [(account, member), (account, event), (account,)])
def test_half_an_account_is_a_failure(tmp_path: Path, parts: tuple[object, ...]) -> None:
    database = file_of(tmp_path, *(part(1) for part in (account, member, event) if part in parts))
    with pytest.raises(BenchFailure, match="1 accounts with 1 names"):
        count(database)


@EACH
def test_a_peer_answers_as_the_contract_says_and_keeps_what_it_acknowledged(recipe: Recipe, tmp_path: Path) -> None:
    if why := note(recipe):
        pytest.skip(why)
    database, core = tmp_path / "peer.db", min(os.sched_getaffinity(0))
    with servers.running(command(recipe, database), core, tmp_path / "log") as server:
        report = load.make(Order(server.port, SignUps(1), connections=8, requests=40), core)
    assert report.acknowledged == count(database) == 40
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
