"""README.md and the pages of docs/, run: what they show works.

A page's ```python blocks run in order in one module, in an empty folder. So do, through a shell, the lines of its
```console and ```bash blocks that begin with `$ laconic`; each must exit with 0. A python block that begins with a
file's name as a comment, `# parts.py`, is also written to that file. A block that can't be run here stands under a
comment that says why: `<!-- not run: needs photos -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("README.md"), *ROOT.glob("docs/**/*.md")})
BLOCK = re.compile(
    r"^(?P<mark><!-- not run: \S.* -->\n)?```(?P<kind>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
FILE = re.compile(r"# (\w+\.py)\n")
COMMAND = re.compile(r"^\$ (laconic .*)$", re.MULTILINE)


class Block(NamedTuple):
    """What stands between two fences, and the number of its first line."""

    kind: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page that are to be run."""
    for found in BLOCK.finditer(page):
        if not found["mark"] and found["kind"] in ("python", "console", "bash"):
            yield Block(found["kind"], found["text"], page.count("\n", 0, found.start("text")) + 1)


def run(block: Block, module: ModuleType, name: str) -> None:
    """Run a block of the page `name`; an error's traceback shows the page's own line."""
    if block.kind == "python":
        if file := FILE.match(block.text):
            Path(file[1]).write_text(block.text)
        code = compile("\n" * (block.line - 1) + block.text, name, "exec")
        exec(code, vars(module))
        return
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in COMMAND.findall(block.text):
        done = subprocess.run(command, shell=True, env={**os.environ, "PATH": path}, capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {command}\n{done.stdout}{done.stderr}"


def run_page(page: str, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Run all blocks of a page here; the module that its python blocks have made."""
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)  # dataclasses look for their module
    for block in blocks(page):
        run(block, module, name)
    return module


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(path.read_text(encoding="utf-8"), str(path), monkeypatch)


def test_blocks_share_a_module_and_a_folder_and_marked_ones_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (
        "```python\n# parts.py\nx = 1\n```\n<!-- not run: no time -->\n```python\nx = 2\n```\n```\nx = 3\n```\n"
        "```console\n$ rm parts.py\n$ laconic --version > version   # a comment\nlaconic 7\n```\n"
        "```python\nfrom pathlib import Path\n"
        "y = x + 1, Path('parts.py').exists(), Path('version').read_text()[:8]\n```\n"
    )
    assert run_page(page, "page.md", monkeypatch).y == (2, True, "laconic ")


def test_a_failing_block_is_found_and_told_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NameError, match="unknown") as caught:
        run_page("One.\n\n```python\nunknown\n```\n", "page.md", monkeypatch)
    assert (Path(caught.traceback[-1].path).name, caught.traceback[-1].lineno + 1) == ("page.md", 4)
    with pytest.raises(AssertionError, match=r"page.md: laconic inspect nowhere\n.*laconic: "):
        run_page("```bash\n$ laconic inspect nowhere\n```\n", "page.md", monkeypatch)


@pytest.mark.parametrize("before", ["<!-- not run: -->", "```text of two words\nx\n```", "```\n```"])
def test_a_block_is_run_whatever_stands_before_it_but_a_mark_with_a_reason(before: str) -> None:
    assert list(blocks(f"{before}\n```python\nx\n```\n")) == [Block("python", "x\n", before.count("\n") + 3)]
