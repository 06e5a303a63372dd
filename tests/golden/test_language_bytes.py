"""Version 1's bytes, as they were first written: packets, sealed packets and `.lac` files of two small languages.

A failure here means that older nodes and files are no longer understood: raise the version instead, and keep these.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laconic.contract import Kind, Message, Symbols
from laconic.language import (
    Check,
    Framing,
    Huffman,
    Language,
    Lexicon,
    MaxAmp,
    Opener,
    Progressive,
    Sealer,
    fingerprint,
    peek_lac,
    read_lac,
    write_lac,
)
from laconic.language.language import branches

HERE = Path(__file__).parent
GOLDEN: dict[str, Any] = json.loads((HERE / "language.json").read_text())
KEY = bytes(range(16))
N_UNITS = 100

# Built from whole numbers alone; amplitudes are powers of two, so that every machine has the same ones.
UNITS = [[3, 17, 42], [0, 1, 99], [3, 17, 43], [5, 6, 7]]
LEVELS = [[1, 3, 2], [2, 0, 1], [1, 3, 2], [1, 1, 1]]
COUNTS = [9, 5, 3, 2]
LABELS = [[9, 0], [1, 4], [0, 3], [2, 0]]
ESCAPE = 2
WORDS = [*zip(UNITS, LEVELS, strict=True), ([0, 2, 99], [1, 2, 3]), ([97, 98, 99], [3, 3, 3])]


def language(name: str) -> Language:
    top = np.full(N_UNITS, 3, dtype=np.float32)
    values = np.tile(np.array([0, 0.5, 1.5, 4], dtype=np.float32), (N_UNITS, 1))
    code = (Progressive if name == "progressive" else MaxAmp)(3, 2, top, values)
    units = np.array(UNITS, dtype=np.int32)
    levels = np.array(LEVELS, dtype=np.uint32)
    counts, labels = np.array(COUNTS), np.array(LABELS, dtype=np.int32)
    lexicon = Lexicon(code.alphabet, *order(name, units, levels), counts, labels, ESCAPE)
    return Language(code, lexicon, Huffman.fit(branches(lexicon), counts, ESCAPE))


def order(name: str, units: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Progressive words stand in order of amplitude."""
    if name != "progressive":
        return units, levels
    louder = np.argsort(-levels.astype(np.int64), axis=1, kind="stable")
    return np.take_along_axis(units, louder, axis=1), np.take_along_axis(levels, louder, axis=1)


def words(name: str) -> Symbols:
    units = np.array([units for units, _ in WORDS], dtype=np.int32)
    levels = np.array([levels for _, levels in WORDS], dtype=np.uint32)
    return Symbols(*order(name, units, levels))


@pytest.fixture(params=["maxamp", "progressive"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_sample_is_one_that_the_codes_can_say(name: str) -> None:
    symbols, code = words(name), language(name).code
    again = code.quantise(code.dequantise(symbols))
    assert again.units.tolist() == symbols.units.tolist()
    assert again.levels.tolist() == symbols.levels.tolist()


def test_fingerprints_are_the_first_ones(name: str) -> None:
    assert fingerprint(language(name).fingerprint_bytes()).hex() == GOLDEN[name]["fingerprint"]


@pytest.mark.parametrize("check", [Check.CRC8, Check.CRC16])
def test_packets_are_the_first_ones(name: str, check: Check) -> None:
    framing = Framing(bytes.fromhex(GOLDEN[name]["fingerprint"]), check, generation=2)
    messages = language(name).encode(words(name))
    packets = [bytes.fromhex(packet) for packet in GOLDEN[name][check.name.lower()]]
    assert framing.pack_all(messages) == packets
    found, failures = framing.unpack_each(packets)
    assert not failures
    assert language(name).decode(found).units.tolist() == words(name).units.tolist()


def test_sealed_packets_are_the_first_ones(name: str) -> None:
    print8 = bytes.fromhex(GOLDEN[name]["fingerprint"])
    sealer, opener = Sealer(print8, KEY, counter=254), Opener(print8, KEY, last=253)
    packets = [bytes.fromhex(packet) for packet in GOLDEN[name]["sealed"]]
    assert [sealer.pack(message) for message in language(name).encode(words(name))] == packets
    found = language(name).decode([opener.unpack(packet) for packet in packets])
    assert found.levels.tolist() == words(name).levels.tolist()


def test_a_sent_packet_is_the_first_one() -> None:
    message = Message(Kind.SENT, np.unpackbits(np.frombuffer(b"\xff\xd8laconic", dtype=np.uint8)))
    assert Framing(bytes(8)).pack(message).hex() == GOLDEN["sent"]


def test_lac_files_are_the_first_ones(name: str, tmp_path: Path) -> None:
    print8 = bytes.fromhex(GOLDEN[name]["fingerprint"])
    write_lac(tmp_path / "now.lac", language(name), words(name), print8)
    assert (tmp_path / "now.lac").read_bytes() == (HERE / f"{name}.lac").read_bytes()
    found = read_lac(HERE / f"{name}.lac", language(name), print8)
    assert found.units.tolist() == words(name).units.tolist()
    assert found.levels.tolist() == words(name).levels.tolist()
    assert peek_lac(HERE / f"{name}.lac").count == len(WORDS)
