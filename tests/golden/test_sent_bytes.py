"""Version 1's sent pictures and the `.lac` file that holds them, as they were first written.

A failure here means that older nodes and files are no longer understood. Decoders may differ by a few grey levels from
version to version, encoders by more: headers are held exactly, pixels to within TOLERANCE, encoders not at all.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laconic.contract import Symbols
from laconic.language import Language, MaxAmp, peek_lac, read_messages, write_lac
from laconic.picture import PictureCoder, available, jpeg

HERE = Path(__file__).parent
GOLDEN: dict[str, Any] = json.loads((HERE / "sent.json").read_text())
PRINT = bytes(range(8))
TOLERANCE = 4  # grey levels: T.81 lets inverse DCTs differ by one, and colour conversion and scaling add theirs


def language() -> Language:
    """Codewords 0 and 1 for units 1 and 5 of 6; no escape."""
    code = MaxAmp(1, 1, np.ones(6, dtype=np.float32), np.tile(np.array([0, 1], dtype=np.float32), (6, 1)))
    symbols = Symbols(np.array([[1], [1], [5], [5]], dtype=np.int32), np.ones((4, 1), dtype=np.uint32))
    return Language.fit(code, symbols, np.zeros(4, dtype=np.int64), 1)


@pytest.mark.parametrize("case", GOLDEN["pictures"], ids=lambda case: case["name"])
def test_pictures_are_the_first_ones(case: dict[str, Any]) -> None:
    if not available(case["name"].split("-")[0]):
        pytest.skip("this Pillow lacks the format")
    payload, wanted = bytes.fromhex(case["payload"]), np.array(case["pixels"])
    height, width, channels = wanted.shape
    found = PictureCoder(width, height, channels, 600).decode(payload)
    assert payload[0] == case["header"]
    assert np.abs(found.astype(int) - wanted).max() <= TOLERANCE


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_rebuilt_jpeg_heads_are_the_first_ones(mode: str) -> None:
    heads = [hashlib.sha256(jpeg.head((33, 21), mode, quality)).hexdigest()[:16] for quality in range(24)]
    assert heads == GOLDEN["heads"][mode]


def test_a_lac_file_with_pictures_is_the_first_one(tmp_path: Path) -> None:
    symbols = Symbols(np.array([[5], [1]], dtype=np.int32), np.ones((2, 1), dtype=np.uint32))
    sent = {1: bytes.fromhex(GOLDEN["pictures"][0]["payload"]), 2: b"laconic"}
    write_lac(tmp_path / "now.lac", language(), symbols, PRINT, sent)
    assert (tmp_path / "now.lac").read_bytes() == (HERE / "sent.lac").read_bytes()
    found = read_messages(HERE / "sent.lac", language(), PRINT)
    assert found.sent == sent
    assert (found.said.tolist(), found.symbols.units.tolist()) == ([0, 3], [[5], [1]])
    assert peek_lac(HERE / "sent.lac").has_sent
