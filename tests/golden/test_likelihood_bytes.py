"""Version 1's bytes of a small language in the code `Likelihood`; a failure means that older nodes are not understood.

Its tables are whole numbers, and its cells far enough apart, that every machine has the same ones.
"""

from __future__ import annotations

import numpy as np

from laconic.language import Framing, Huffman, Language, Lexicon, Likelihood, fingerprint
from laconic.language.language import branches

FINGERPRINT = "34ec90c57b8e6494"
PACKETS = ["200026", "2080c5", "20c023", "20e050", "20f0fe"]
FEATURES = np.array([[8, 0, 0], [2, 1, 0], [0, 8, 0], [0, 2, 1], [0, 0, 8]], np.float32)


def language() -> Language:
    log_centres = np.array([[0, -8, -8], [-1, -1, -4], [-8, 0, -8], [-4, -1, -2], [-8, -8, 0]], np.float32)
    owners, words = np.array([0, 0, 1, 1, 2], np.int32), np.array([0, 1, 2, 3, 4], np.int32)
    weight, bias = np.eye(3, dtype=np.float32), np.zeros(3, np.float32)
    code = Likelihood(3, weight, bias, 1.0, log_centres, owners, words, FEATURES)
    counts, labels = np.array([9, 5, 3, 2, 1]), np.eye(3, dtype=np.int32)[[0, 0, 1, 1, 2]]
    units, levels = np.arange(5, dtype=np.int32)[:, None], np.zeros((5, 1), np.uint32)
    lexicon = Lexicon(code.alphabet, units, levels, counts, labels, 0)
    return Language(code, lexicon, Huffman.fit(branches(lexicon), counts, 0))


def test_the_fingerprint_is_the_first_one() -> None:
    assert fingerprint(language().fingerprint_bytes()).hex() == FINGERPRINT


def test_packets_are_the_first_ones() -> None:
    framing = Framing(bytes.fromhex(FINGERPRINT))
    symbols = language().code.quantise(FEATURES)
    assert symbols.units[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert [packet.hex() for packet in framing.pack_all(language().encode(symbols))] == PACKETS
    found, failures = framing.unpack_each([bytes.fromhex(packet) for packet in PACKETS])
    assert not failures
    assert language().decode(found).units.tolist() == symbols.units.tolist()
