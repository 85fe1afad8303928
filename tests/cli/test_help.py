"""What the command line says of itself, and its exit statuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from seatkeeper.http.cli.commands import COMMANDS, GROUPS
from seatkeeper.http.cli.main import main, parser
from seatkeeper.http.cli.statuses import ExitStatus
from tests.service import clean_environment, command_line

DOCUMENT = (Path(__file__).parents[2] / "docs/command-line.md").read_text("utf-8")


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is printed for help."""
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--help"])
    return capsys.readouterr().out


def test_the_help_shows_every_command_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys)
    for title, commands in GROUPS.items():
        group = shown.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        lines = [tuple(re.split(r"\s{2,}", line.strip(), maxsplit=1)) for line in group.splitlines()]
        assert lines == [(name, command.summary) for name, command in commands.items()]


def test_the_help_fits_a_terminal_and_shows_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    lines = help_of(capsys).splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100
    for part in ("examples:", "exit status:", "docs/command-line.md"):
        assert any(part in line for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_begins_with_what_the_overview_says_of_it(capsys: pytest.CaptureFixture[str], name: str) -> None:
    shown = " ".join(help_of(capsys, name).split())
    summary = COMMANDS[name].summary
    assert f" {summary[0].upper()}{summary[1:]}." in shown


def test_the_examples_are_taken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    examples = help_of(capsys).partition("examples:\n")[2].partition("\n\n")[0].splitlines()
    monkeypatch.setattr(sys, "argv", ["seatkeeper"])
    whole = parser()
    for line in examples:
        program, *arguments = line.split()
        assert program == "seatkeeper"
        assert whole.parse_args(arguments).command == arguments[0]


def test_the_document_has_every_command_and_exit_status() -> None:
    rows = re.findall(r"^\|(.*)\|$", DOCUMENT, re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    listed = [(cell[0].strip("`"), cell[1]) for cell in cells if cell[0].strip("`") in COMMANDS and len(cell) == 3]
    assert listed == [(name, command.summary) for name, command in COMMANDS.items()]
    statuses = {cell[0]: cell[1] for cell in cells if cell[0].isdecimal()}
    assert statuses == {str(int(status)): status.meaning for status in ExitStatus}


def test_what_is_called_wrongly_is_told_to_a_program_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["seatkeeper", "verify", "--json", "--colour"])
    with pytest.raises(SystemExit, match="2"):
        main(sys.argv[1:])
    told = msgspec.json.decode(capsys.readouterr().out, type=dict[str, str | int])
    assert told == {"error": "unrecognized arguments: --colour", "exit_status": 2}


def test_who_reads_no_further_gets_no_traceback(stopped: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command_line("keys", "list", "--database", str(stopped)),
        env=clean_environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "usage: seatkeeper COMMAND [OPTIONS]" in capsys.readouterr().err


def test_the_help_says_that_a_key_may_have_several_scopes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["keys", "create", "--help"])
    assert "what it may do; again for more:" in " ".join(capsys.readouterr().out.split())
