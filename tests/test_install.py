"""A plain `pip install laconic`: what it brings, how large it is, and that 64-bit Arm gets it from wheels."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "lightning", "pyarrow", "datasets", "scikit-learn", "scipy", "pandas", "matplotlib", "onnx"}
ARM = [f"manylinux_2_{glibc}_aarch64" for glibc in (17, 24, 26, 27, 28)]  # Raspberry Pi OS 11 has glibc 2.31

pytestmark = pytest.mark.slow


def run(*command: str | Path) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def size_mb(folder: Path) -> float:
    """Size of all files in a folder, in units of 10^6 bytes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The python of a fresh environment that holds laconic's wheel, what it needs, and no pip."""
    folder = tmp_path_factory.mktemp("plain")
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", wheel)
    return python


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A codec trained for one epoch where everything is installed."""
    folder = tmp_path_factory.mktemp("trained") / "codec"
    run(sys.executable, "-m", "laconic.cli", "train", "digits", "--epochs", "1", "--out", folder)
    return folder


def packages(python: Path) -> dict[str, str]:
    listed = run(sys.executable, "-m", "pip", "--python", python, "list", "--format", "json")
    return {item["name"].lower(): item["version"] for item in json.loads(listed)}


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    files = {path for path in (ROOT / "laconic").rglob("*") if path.is_file() and path.parent.name != "__pycache__"}
    assert {name for name in names if ".dist-info/" not in name} == {str(path.relative_to(ROOT)) for path in files}
    assert "laconic/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_a_plain_install_is_small_and_brings_nothing_heavy(plain: Path):
    assert "laconic" in packages(plain)
    assert HEAVY.isdisjoint(packages(plain))
    assert size_mb(plain.parents[1] / "lib") <= 250


def test_a_plain_install_says_and_understands(plain: Path, codec: Path, tmp_path: Path):
    picture, said = tmp_path / "picture.png", tmp_path / "said.lac"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)).save(picture)
    laconic = plain.parent / "laconic"
    assert json.loads(run(laconic, "encode", codec, picture, "-o", said, "--json"))["n"] == 1
    there = json.loads(run(laconic, "decode", codec, said, "--json"))
    here = json.loads(run(sys.executable, "-m", "laconic.cli", "decode", codec, said, "--json"))
    assert there == here
    assert there["n"] == 1


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [("demo", "train"), ("train digits --out new", "train"), ("evaluate {codec} digits", "data")],
)
def test_a_plain_install_names_the_extra_that_is_missing(
    plain: Path, codec: Path, tmp_path: Path, arguments: str, extra: str
):
    command = [plain.parent / "laconic", *arguments.format(codec=codec).split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"pip install 'laconic[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_arm_gets_everything_from_wheels(plain: Path, tmp_path: Path):
    pins = [f"{name}=={version}" for name, version in packages(plain).items() if name != "laconic"]
    platforms = [option for platform in ARM for option in ("--platform", platform)]
    run(
        *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed"),
        *("--only-binary", ":all:", "--target", tmp_path, "--python-version", "3.11", *platforms, *pins),
    )
