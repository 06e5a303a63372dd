"""The laws of docs/architecture.md: which room may import which, where torch may stand, what must be said."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOM = re.compile(r"^(\w+)(?:/|\.py) +(\(to come\))?.*$|^(-+ below.*)$", re.MULTILINE)
PICTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").split("## The rooms")[1].split("```")[1]
DRAWN = ["LINE" if line else name for name, _, line in ROOM.findall(PICTURE)]
ORDER = [name for name in DRAWN if name != "LINE"]
EDGE = DRAWN[: DRAWN.index("LINE")]
BUILT = {name for name, later, line in ROOM.findall(PICTURE) if not later and not line}

MODULES = sorted((ROOT / "laconic").rglob("*.py"))
HEAVY = (
    "torch",
    "lightning",
    "sklearn",
    "scipy",
    "pandas",
    "pyarrow",
    "datasets",
    "matplotlib",
    "onnx",
    "tensorboard",
)
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|root|opt|tmp/env)(?:/|\b)"  # folders of one machine
    r"|python[h]osted|find-[l]inks|trusted-[h]ost"  # package indexes, but for PyTorch's own:
    r"|index-url[ =](?!https://download\.pytorch\.org/whl/cpu)"
)


def dotted(path: Path) -> str:
    """The module's name: laconic/data/__init__.py is laconic.data."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that is imported: late, through importlib, or as laconic.x, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{prefix}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "laconic":
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in {"import_module", "__import__", "need"}:
                yield node.lineno, str(node.args[0].value)


def downstream(source: str, module: str, package: str) -> list[str]:
    """Where a module of a room breaks the order of imports."""
    room = module.split(".")[1]
    if room not in ORDER:
        return [f"{module}: {room} is not drawn in docs/architecture.md"]
    found = []
    for line, name in imports(ast.parse(source), package):
        root, target, *_ = [*name.split("."), "__version__"]
        if root != "laconic" or target == "__version__":
            continue
        if target not in ORDER:
            found.append(f"{module}:{line}: import from a room, not from laconic itself")
        elif ORDER.index(target) > ORDER.index(room):
            found.append(f"{module}:{line}: {room} stands above {target}")
    return found


def eager(source: str) -> list[str]:
    """What laconic/__init__.py imports from laconic when it is itself imported: to be nothing."""
    top = [node for node in ast.parse(source).body if not isinstance(node, ast.If | ast.FunctionDef)]
    names = [name for node in top for _, name in imports(node, "laconic")]
    return [name for name in names if name.startswith("laconic")]


def leaks(modules: list[str], folder: Path = ROOT) -> list[str]:
    """Which heavy packages a fresh interpreter holds after it has imported the modules."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def undocumented(source: str) -> list[str]:
    """The public functions, classes and methods without a docstring."""

    def search(body: list[ast.stmt], prefix: str) -> Iterator[str]:
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name[0] == "_":
                continue
            marks = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
            if not ast.get_docstring(node) and not marks & {"overload", "setter"}:
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from search(node.body, f"{prefix}{node.name}.")

    return list(search(ast.parse(source).body, ""))


def files() -> list[Path]:
    """What git tracks or would track; without git, everything but hidden folders and built things."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    skipped = re.compile(r"^(\.(?!ci|gitignore)|build|dist|demo)|__pycache__|\.egg-info")
    paths = [path for path in ROOT.rglob("*") if path.is_file()]
    return [path for path in paths if not skipped.search(path.relative_to(ROOT).as_posix())]


def test_the_order_has_both_sides_of_the_line():
    assert EDGE[0] == "contract"
    assert ORDER[-1] == "cli"
    assert {"codec", "report"} < set(EDGE)
    assert {"train", "encoder"}.isdisjoint(EDGE)
    assert "LINE" not in ORDER


def test_rooms_drawn_as_built_exist_and_later_ones_do_not():
    there = {dotted(path).split(".")[1] for path in MODULES if dotted(path) != "laconic"}
    assert there == BUILT


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_upwards(path: Path):
    module, source = dotted(path), path.read_text(encoding="utf-8")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    assert (eager(source) if module == "laconic" else downstream(source, module, package)) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import laconic.train.fit", "data stands above train"),
        ("from laconic import codec", "data stands above codec"),
        ("from ..language import packet", "data stands above language"),
        ("from .. import report", "data stands above report"),
        ("def late():\n    from laconic.codec import Codec", "data stands above codec"),
        ("importlib.import_module('laconic.cli')", "data stands above cli"),
        ("from laconic import Codec", "import from a room"),
        ("import laconic\nlaconic.Codec", "import from a room"),
        ("import laconic\nlaconic.codec.Codec", "data stands above codec"),
    ],
)
def test_a_downstream_import_is_found(source: str, complaint: str):
    assert [text for text in downstream(source, "laconic.data.folder", "laconic.data") if complaint in text]


def test_imports_of_own_room_and_upstream_pass():
    source = "import numpy, laconic\nfrom . import split\nfrom ..contract import Meaning\nlaconic.__version__"
    assert downstream(source, "laconic.data.folder", "laconic.data") == []
    assert downstream("from . import split", "laconic.data", "laconic.data") == []


def test_a_room_that_is_not_drawn_is_found():
    assert downstream("", "laconic.utils.misc", "laconic.utils") == [
        "laconic.utils.misc: utils is not drawn in docs/architecture.md"
    ]


def test_an_eager_import_of_the_package_is_found():
    lazy = "if TYPE_CHECKING:\n    from laconic.codec import Codec\ndef f():\n    import laconic.train"
    assert eager(lazy) == []
    assert eager("from laconic.codec import Codec") == ["laconic.codec.Codec"]


@pytest.mark.parametrize("room", sorted(BUILT & set(EDGE)))
def test_no_torch_above_the_line(room: str):
    assert leaks([dotted(path) for path in MODULES if [*dotted(path).split("."), ""][1] == room]) == []


@pytest.mark.parametrize("module", ["laconic", "laconic.cli"])
def test_no_torch_behind_the_package_and_the_command(module: str):
    assert leaks([module]) == []


def test_a_leak_is_found(tmp_path: Path):
    (tmp_path / "torch.py").write_text("")
    (tmp_path / "room.py").write_text("def late():\n    import torch")
    assert leaks(["room"], tmp_path) == []
    (tmp_path / "room.py").write_text("import torch")
    assert leaks(["room"], tmp_path) == ["torch"]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_every_public_callable_has_a_docstring(path: Path):
    assert undocumented(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(): ...", ["f"]),
        ("async def f(): ...", ["f"]),
        ("class A:\n    def m(self): ...", ["A", "A.m"]),
        ("class A:\n    'Said.'\n    @property\n    def p(self): ...", ["A.p"]),
        ("def _f(): ...\nclass _A:\n    def m(self): ...", []),
        ("def f():\n    'Said.'\n    def inner(): ...", []),
    ],
)
def test_a_missing_docstring_is_found(source: str, missing: list[str]):
    assert undocumented(source) == missing


def test_nothing_names_a_machine_or_an_index():
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files()}
    assert ROOT / "pyproject.toml" in texts
    found = [(path.name, hit.group()) for path, text in texts.items() for hit in FOREIGN.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see {}work{}x", True),
        ("{}root{}.cache", True),
        ("pip install --index-{}url https:{}mirror.local", True),
        ("pip install --index-url https://download.pytorch.org/whl/cpu torch", False),
        ("docs{}work{}flow and /var/lib", False),
    ],
)
def test_a_machine_or_an_index_is_found(text: str, found: bool):
    assert bool(FOREIGN.search(text.replace("index-{}", "index-").replace("{}", "/"))) is found


def test_every_python_file_says_what_it_is_for():
    sources = {path: path.read_text(encoding="utf-8") for path in files() if path.suffix == ".py"}
    assert ROOT / "tests/test_laws.py" in sources
    assert [path.name for path, text in sources.items() if not ast.get_docstring(ast.parse(text))] == []
