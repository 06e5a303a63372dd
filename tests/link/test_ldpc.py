"""5G's LDPC code: closed forms, then Sionna's own encoder, decoder and matrix, then what is refused."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.contract import LaconicError
from laconic.extras import need
from laconic.link import sionna_code
from laconic.link.errors import LinkError
from laconic.link.ldpc import LDPC, exists, nearest
from laconic.link.parity import CHUNK, codewords, satisfied

# base graphs 2 and 1, the smallest lifting, rates at both ends, fillers, parity bits of the core left out
CODES = [(12, 13, 1), (12, 60, 2), (20, 100, 4), (100, 200, 2), (293, 309, 1), (512, 1024, 4), (640, 960, 8)]
DECODERS = ("minsum", "sionna")


def draw(blocks: int, k: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (blocks, k), dtype=np.uint8)


def certain(sent: np.ndarray) -> np.ndarray:
    """Soft bits as from a channel with little noise."""
    return (10 - 20 * sent.astype(np.float32)).astype(np.float32)


def sionnas(code: LDPC) -> tuple:
    from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # rates above 948/1024
        encoder = LDPC5GEncoder(code.k, code.n, num_bits_per_symbol=code.bits_per_symbol, device="cpu")
        return encoder, LDPC5GDecoder(encoder, device="cpu")


@pytest.mark.parametrize("shape", CODES)
def test_zeros_are_a_codeword(shape: tuple[int, int, int]) -> None:
    code = LDPC(*shape)
    assert not code.encode(np.zeros((3, code.k), np.uint8)).any()


@pytest.mark.parametrize("shape", CODES)
def test_codewords_meet_sionnas_checks_and_no_other_word_does(shape: tuple[int, int, int]) -> None:
    code = LDPC(*shape)
    graph, bits = code.graph, draw(9, code.k)
    words = codewords(bits, graph.order, graph.variables)
    with_fillers = np.zeros((9, graph.decoder.num_vns), np.int64)
    with_fillers[:, graph.own] = words
    assert not (graph.decoder.pcm @ with_fillers.T % 2).any()
    assert satisfied(words, graph.checks).all()
    words[3, -1] ^= 1
    words[7, 0] ^= 1
    assert np.flatnonzero(~satisfied(words, graph.checks)).tolist() == [3, 7]


@pytest.mark.parametrize("shape", CODES)
def test_sionna_encodes_alike(shape: tuple[int, int, int]) -> None:
    code = LDPC(*shape)
    bits = draw(9, code.k)
    encoder, _ = sionnas(code)
    assert (code.encode(bits) == encoder(torch.from_numpy(bits)).numpy()).all()


@settings(max_examples=25, deadline=None)
@given(k=st.integers(12, 300), rate=st.floats(0.2, 0.95), bits_per_symbol=st.sampled_from([1, 2, 4, 6, 8]))
def test_sionna_encodes_alike_at_any_length(k: int, rate: float, bits_per_symbol: int) -> None:
    code = LDPC(*nearest(k, round(k / rate), bits_per_symbol), bits_per_symbol)
    encoder, _ = sionnas(code)
    bits = draw(3, code.k, seed=k)
    assert (code.encode(bits) == encoder(torch.from_numpy(bits)).numpy()).all()


def test_many_blocks_are_coded_as_few() -> None:
    code = LDPC(12, 24)
    bits = draw(CHUNK + 5, code.k)
    assert (code.encode(bits)[-7:] == code.encode(bits[-7:])).all()


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("shape", CODES[1:])
def test_without_noise_the_bits_come_back(shape: tuple[int, int, int], decoder: str) -> None:
    code = LDPC(*shape)
    bits = draw(70, code.k)
    decoded = code.decode(certain(code.encode(bits)), decoder=decoder)
    assert (decoded.bits == bits).all()
    assert decoded.converged.all()


@pytest.mark.parametrize("decoder", DECODERS)
def test_one_erased_bit_is_found(decoder: str) -> None:
    code = LDPC(40, 80)
    bits = draw(code.n, code.k)
    soft = certain(code.encode(bits))
    np.fill_diagonal(soft, 0)
    assert (code.decode(soft, decoder=decoder).bits == bits).all()


def test_sionnas_decoder_is_sionnas_decoder() -> None:
    code = LDPC(100, 200, bits_per_symbol=4)
    bits = draw(64, code.k)
    noise = np.random.default_rng(1).normal(scale=0.8, size=(64, code.n))
    soft = ((1 - 2.0 * code.encode(bits) + noise) * 2 / 0.8**2).astype(np.float32)
    _, decoder = sionnas(code)
    decoded = code.decode(soft, iterations=7, decoder="sionna")
    assert (decoded.bits == decoder(torch.from_numpy(-soft), num_iter=7).numpy()).all()
    assert (decoded.iterations == 7).all()
    wrong = (decoded.bits != bits).any(axis=1)
    assert 5 < wrong.sum() < 60  # the comparison is of words right and wrong
    assert not decoded.converged[wrong].any()


@settings(max_examples=500)
@given(k=st.integers(12, 8448), rate=st.floats(0.15, 0.99))
def test_the_codes_that_exist_are_sionnas(k: int, rate: float) -> None:
    from sionna.phy.fec.ldpc import LDPC5GEncoder

    n = max(1, round(k / rate))
    try:
        LDPC5GEncoder._sel_basegraph(object(), k, k / n)  # it uses nothing of its object
    except ValueError:
        assert not exists(k, n)
    else:
        assert exists(k, n) == (1 / 5 <= k / n <= 0.95)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ((11, 20, 1), "k=12, n=20"),
        ((9000, 20000, 1), "k=8448, n=20000"),
        ((100, 501, 1), "k=100, n=500"),
        ((100, 105, 1), "k=100, n=106"),
        ((100, 201, 2), "k=100, n=200"),
        ((4000, 13000, 1), "k=4000, n=12000"),
        ((3830, 15000, 1), "k=3830, n=15320"),
        ((100, 10**9, 6), "k=100, n=498"),
    ],
)
def test_codes_that_5g_lacks_are_refused_by_the_nearest(asked: tuple[int, int, int], near: str) -> None:
    with pytest.raises(LinkError, match=rf"5G has no LDPC code of k={asked[0]} bits in n={asked[1]}, .* is {near}$"):
        LDPC(*asked)
    k, n = nearest(*asked)
    assert exists(k, n)
    assert n % asked[2] == 0


@pytest.mark.usefixtures("shapes_unchecked")
def test_sizes_are_whole_numbers() -> None:
    for bad in (0, -3, True, 512.0, "512"):
        with pytest.raises(LinkError, match="k is a whole number from 1 on, not"):
            LDPC(k=bad)
    with pytest.raises(LinkError, match="bits_per_symbol is a whole number from 1 on, not 0"):
        LDPC(bits_per_symbol=0)
    assert LDPC(np.int64(512)) == LDPC(512)


@pytest.mark.usefixtures("shapes_unchecked")
def test_bits_that_are_none_are_refused() -> None:
    code = LDPC(12, 24)
    for wrong, text in {
        (0, 12): r"bits is \[blocks, 12\] with at least one block, not \[0, 12\]",
        (2, 13): r"not \[2, 13\]",
        (12,): r"not \[12\]",
    }.items():
        with pytest.raises(LinkError, match=text):
            code.encode(np.zeros(wrong, np.uint8))
    with pytest.raises(LinkError, match="bits are uint8, each 0 or 1, not uint8 up to 2"):
        code.encode(np.full((1, 12), 2, np.uint8))
    with pytest.raises(LinkError, match=r"not float64 up to 0\.5"):
        code.encode(np.full((1, 12), 0.5))


@pytest.mark.usefixtures("shapes_unchecked")
def test_soft_bits_that_are_none_are_refused() -> None:
    code, soft = LDPC(12, 24), np.ones((2, 24), np.float32)
    for wrong in (soft[:0], soft[:, 1:], soft[0]):
        with pytest.raises(LinkError, match=r"llr is \[blocks, 24\] with at least one block, not"):
            code.decode(wrong)
    with pytest.raises(LinkError, match="soft bits are numbers, but llr has NaN"):
        code.decode(np.where(np.eye(2, 24), np.nan, soft))
    for iterations in (0, 2.5, True):
        with pytest.raises(LinkError, match="iterations is a whole number from 1 on, not"):
            code.decode(soft, iterations=iterations)
    with pytest.raises(LinkError, match="decoder is minsum or sionna, not 'viterbi'"):
        code.decode(soft, decoder="viterbi")


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "sionna"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "sionna", None)
    with pytest.raises(LaconicError, match=r"needs the package 'sionna.*'; .* 'laconic\[link\]'"):
        LDPC(12, 25, 1).encode(draw(1, 12))


def test_generators_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def reseeding(module: str, extra: str) -> object:
        torch.manual_seed(99)
        return need(module, extra)

    monkeypatch.setattr(sionna_code, "need", reseeding)
    before = torch.get_rng_state()
    sionna_code.graph.__wrapped__(12, 24, 1)
    assert (torch.get_rng_state() == before).all()


@pytest.mark.slow
def test_no_generator_is_reseeded_by_sionnas_import() -> None:
    code = (
        "import random, sys, numpy as np, torch, laconic.link, laconic.link.ldpc as ldpc\n"
        "assert not {'sionna', 'numba'} & set(sys.modules)\n"
        "torch.manual_seed(1); np.random.seed(1); random.seed(1)\n"
        "ldpc.LDPC(12, 24).graph\n"
        "assert 'sionna' in sys.modules\n"
        "drawn = torch.rand(1).item(), np.random.rand(), random.random()\n"
        "torch.manual_seed(1); np.random.seed(1); random.seed(1)\n"
        "assert drawn == (torch.rand(1).item(), np.random.rand(), random.random())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
