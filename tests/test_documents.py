"""The documents: the commands that they show are run, and the files, options and metrics that they name exist."""

from __future__ import annotations

import re
import shlex
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from seatkeeper.http.cli import verify
from seatkeeper.http.cli.main import main
from seatkeeper.http.settings import Settings
from tests.contract.given import a_customer, feed
from tests.service import Service

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SUPERSEDED = ROOT / "docs/decisions/0006-one-handler-on-the-low-level-server.md"
README = (ROOT / "README.md").read_text("utf-8")
GUIDE = (ROOT / "docs/guide.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")
URL = "http://127.0.0.1:8080"
DATABASE = Path("data/seatkeeper.db")


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading of the operator's document, without its head."""
    _, _, section = OPERATIONS.partition(f"\n## {heading}\n")
    rows = re.findall(r"^\|(.*)\|$", section.partition("\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows[2:]]


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block, with the output that it shows."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def without_chance(text: str) -> str:
    """Number the ids in the order in which they first appear, and make times, seconds and cursors the same."""
    ids: dict[str, str] = {}
    numbered = re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda m: ids.setdefault(m[0], f"id-{len(ids)}"), text
    )
    numbered = re.sub(r"(?<= in )\d+\.\d s", "so many s", numbered)
    numbered = re.sub(r'(?<="next_cursor":")[^"]+', "cursor", numbered)  # it has a digest of the ids in the path
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "time", numbered).strip()


def bash(script: str, folder: Path) -> str:
    """What a script prints that runs in this folder."""
    done = subprocess.run(["bash", "-euc", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on a new database; only the README's walk writes to it."""
    with Service(tmp_path_factory.mktemp("documents") / "seatkeeper.db") as running:
        yield running


def test_the_readme_answers_as_it_shows(service: Service, tmp_path: Path) -> None:
    first, *walk = blocks(README, "console")  # the walk is for a new database
    answers_as_shown([*walk, first], URL, service, tmp_path)


def test_the_guide_answers_as_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (serve,) = blocks(GUIDE, "sh")
    monkeypatch.chdir(tmp_path)
    DATABASE.parent.mkdir()
    with Service(tmp_path / "data/guide.db", arguments=[*shlex.split(serve)[2:], "--port", "0"]) as service:
        answers_as_shown(blocks(GUIDE, "console"), "http://127.0.0.1:8092", service, tmp_path)


def answers_as_shown(walk: list[str], url: str, service: Service, folder: Path) -> None:
    """The commands of these blocks, one after the other, print what stands below them."""
    shown = [step for block in walk for step in steps(block)]
    script = "\n".join(f"{command.replace(url, service.url)}\necho; echo '--- step'" for command, _ in shown)
    printed = [output.strip() for output in bash(script, folder).split("--- step")[:-1]]
    assert without_chance("\n".join(printed)) == without_chance("\n".join(output.strip() for _, output in shown))


def test_the_readme_leads_into_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = README.partition("## Into production")[2].partition("\n## ")[0]
    start, find, receive, tell, revoke = blocks(section, "sh")
    (receiver,) = blocks(section, "python")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    make, serve = start.replace("\\\n", " ").strip().rsplit("\n", 1)
    bash(make, tmp_path)
    (tmp_path / "data/receiver.py").write_text(receiver)
    arguments = [*shlex.split(serve)[2:], "--host", "127.0.0.1", "--port", "0"]
    with Service(tmp_path / "data/production.db", arguments=arguments) as service, free_port() as port:
        find = find.replace("http://127.0.0.1:8090", service.url)
        prepared = "\n".join(line for line in find.splitlines() if line.startswith(("base", "export", "api()")))
        command = shlex.split(receive.replace("8091", str(port)))
        assert bash(find, tmp_path).count('"external_id":"customer-42"') == 2
        with receiving(command, tmp_path) as lines:
            said = bash(f"{prepared}\n{tell.replace('8091', str(port))}", tmp_path)
            assert "event: member.added" in said
            assert [next(lines).split()[1] for _ in range(2)] == ["account.opened", "member.added"]
        said = bash(f"{prepared}\n{revoke}", tmp_path)
        assert '"on_behalf_of":"ada"' in said
        assert said.strip().endswith("that key opens nothing any more")


@contextmanager
def free_port() -> Iterator[int]:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield port


@contextmanager
def receiving(command: list[str], folder: Path) -> Iterator[Iterator[str]]:
    """Run a program, and end it; yield the lines that it prints."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


def test_each_service_of_the_readme_has_a_port_of_its_own() -> None:
    started = re.findall(r"^\S*seatkeeper serve (?:.*\\\n)*.*", "\n".join(blocks(README, "sh")), re.MULTILINE)
    ports = [re.findall(r"--port (\d+)", command) for command in started]
    assert len(ports) == 2
    assert all(len(port) == 1 for port in ports), "the service of `make run` may go on, on 8080"
    assert ports[0] != ports[1]


def test_the_commands_of_the_operator_work_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serving, querying, watching, verifying, rebuilding = blocks(OPERATIONS, "sh")
    monkeypatch.setattr(verify, "NICE", 0)  # it runs in this process, which would stay nice
    monkeypatch.chdir(tmp_path)
    DATABASE.parent.mkdir()
    arguments = [*shlex.split(serving)[2:], "--port", "0"]
    with Service(tmp_path / DATABASE, arguments=arguments) as service:
        customer = a_customer(service)
        before = (customer.account(), feed(service))
        assert len(sqlite(querying)) == 5
        assert bash(watching.replace(URL, service.url), tmp_path).count("seatkeeper_ready 1.0") == 1
        service.stop()
        seatkeeper(verifying)
        seatkeeper(rebuilding)
        service.start()
        assert (customer.account(), feed(service)) == before


def seatkeeper(block: str) -> None:
    """Run command lines that end by themselves."""
    for line in block.splitlines():
        program, *arguments = shlex.split(line)
        assert program == ".venv/bin/seatkeeper"
        assert main(arguments) == 0


def sqlite(line: str) -> list[object]:
    """Do what the sqlite3 shell does, which not every machine has."""
    program, option, path, sql = shlex.split(line)
    assert (program, option) == ("sqlite3", "-readonly")
    with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def test_every_option_is_listed_with_its_default() -> None:
    shown = {}
    for option, default, _ in table("Options"):
        shown[option.strip("`").removeprefix("--").replace("-", "_")] = default.replace(",", "")
    assert shown == {field.name: default_of(field) for field in msgspec.structs.fields(Settings)}


def default_of(field: msgspec.structs.FieldInfo) -> str:
    """A default as the table shows it."""
    if field.required:
        return "none required"
    if field.default == "":
        return "none"
    return (
        ("off", "on")[field.default]
        if isinstance(field.default, bool)
        else f"{field.default:g}"
        if isinstance(field.default, float)
        else str(field.default)
    )


def test_every_metric_is_listed(service: Service) -> None:
    shown = {name.strip("`") for name, _ in table("Metrics")}
    assert shown == set(re.findall(r"^# TYPE (\S+)", service.get("/metrics").text, re.MULTILINE))


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = {target for path in DOCUMENTS for target in re.findall(r"\bmake ([a-z-]+)(?=[\s`])", code_of(path))}
    assert {"run", "test"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def code_of(path: Path) -> str:
    """All that a document shows as code."""
    return "\n".join(
        match[0] for match in re.finditer(r"^```.*?^```|`[^`\n]+`", path.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", path.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def anchors(path: Path) -> set[str]:
    """The anchors of the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path != SUPERSEDED], ids=lambda path: path.name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    names = re.findall(r"(?<![\w/.])(?:actors|storage|http|tests|bench|requirements)/[\w/.]*(?<!\.)", code_of(path))
    assert [name for name in names if not (ROOT / name).exists()] == []
