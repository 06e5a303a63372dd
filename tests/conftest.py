"""Shapes in signatures are checked here, and only here: every call of laconic under test goes through beartype."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jaxtyping import install_import_hook

install_import_hook("laconic", "beartype.beartype")  # before anything imports laconic
sys.path.append(str(Path(__file__).parent))  # tests import lamps.py and power_cut.py

if TYPE_CHECKING:
    from laconic.codec import Codec


@pytest.fixture(scope="session")
def lamps_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Codec folder of tests/lamps.py."""
    import lamps

    return lamps.write(tmp_path_factory.mktemp("lamps") / "codec")


@pytest.fixture(scope="session")
def lamps_codec(lamps_folder: Path) -> Codec:
    """The codec of tests/lamps.py."""
    from laconic.codec import Codec

    return Codec.load(lamps_folder)


@pytest.fixture(scope="session")
def remarks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Codec folder of a small codec for texts, trained on the generated remarks."""
    import torch

    from laconic.train import fit, text_recipe

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("remarks") / "codec"
    fit("remarks?n=300", folder, recipe=text_recipe(encoder="bilstm-1w8", epochs=10, batch_size=16, k=1))
    torch.set_num_threads(before)
    return folder
