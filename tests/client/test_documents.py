"""The examples of the README and of docs/client.md are run, and the table of methods is whole."""

from __future__ import annotations

import ast
import asyncio
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

from tests.client.surface import methods
from tests.service import Service
from tests.test_documents import README, ROOT, URL, blocks

CLIENT = (ROOT / "docs/client.md").read_text("utf-8")


def test_the_example_of_the_readme_prints_what_it_shows(service: Service, tmp_path: Path) -> None:
    section = README.partition("\n## From Python\n")[2].partition("\n## ")[0]
    (example,), (shown,) = blocks(section, "python"), blocks(section, "text")
    script = tmp_path / "engines.py"
    script.write_text(example.replace(URL, service.url))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == (shown, "")


async def test_the_examples_of_the_document_run(service: Service) -> None:
    source = "\n".join(blocks(CLIENT, "python")).replace(URL, service.url)
    code = compile(source, "client.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await FunctionType(code, {"__name__": "client"})()


async def test_the_examples_can_be_pasted_as_the_document_says(service: Service) -> None:
    source = "\n\n".join(blocks(CLIENT, "python")).replace(URL, service.url)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "asyncio"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(f"{source}\nprint('the ' + 'end')\n".encode()), 60)
    assert b"Error" not in said, said.decode()
    assert b"the end" in said


def test_every_method_is_listed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", CLIENT.partition("\n## All methods\n")[2], re.MULTILINE)
    listed = [f"{resource}.{name}" for resource, names in rows for name in re.findall(r"`(\w+)`", names)]
    assert listed == [asked.name for asked in methods()]
