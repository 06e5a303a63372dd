"""Layered min-sum: its symmetries, the formula written naively, and belief propagation's error rate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import no_type_check

import numpy as np
import pytest
import torch

from laconic.link import minsum
from laconic.link.ldpc import LDPC
from laconic.link.parity import codewords, satisfied
from laconic.link.sionna_code import Graph


def noisy(code: LDPC, blocks: int, eb_n0_db: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Bits, and their soft bits after QPSK and white noise."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (blocks, code.k), dtype=np.uint8)
    variance = 1 / (2 * code.code_rate * 10 ** (eb_n0_db / 10))
    received = 1 - 2.0 * code.encode(bits) + rng.normal(scale=variance**0.5, size=(blocks, code.n))
    return bits, (2 / variance * received).astype(np.float32)


def naive(graph: Graph, llr: np.ndarray, iterations: int, factor: float) -> tuple[np.ndarray, bool, int]:
    """One block, from the formula: r_mv = factor min |q_j| prod sign(q_j) over the other variables j of check m."""
    posterior = np.zeros(graph.variables, np.float32)
    posterior[graph.sent] = llr
    layers = range(0, len(graph.checks), graph.lifting)
    order = [m for layer in reversed(layers) for m in range(len(graph.checks))[layer : layer + graph.lifting]]
    checks = {m: [v for v in graph.checks[m] if v < graph.variables] for m in order}
    messages = {(m, v): np.float32(0) for m in order for v in checks[m]}
    for done in range(1, iterations + 1):
        for m in order:
            q = {v: posterior[v] - messages[m, v] for v in checks[m]}
            for v in checks[m]:
                others = [q[j] for j in checks[m] if j != v]
                sign = np.prod([1 if each >= 0 else -1 for each in others])
                messages[m, v] = np.float32(factor) * np.min(np.abs(others)) * np.float32(sign)
                posterior[v] = q[v] + messages[m, v]
        word = (posterior < 0).astype(np.uint8)
        if all(word[checks[m]].sum() % 2 == 0 for m in order) and (posterior != 0).all():
            return word, True, done
    return word, False, iterations


@pytest.mark.parametrize("shape", [(12, 20), (24, 40), (12, 50)])
def test_the_formula_written_naively(shape: tuple[int, int]) -> None:
    code = LDPC(*shape)
    _, soft = noisy(code, 70, eb_n0_db=0.5)
    found = minsum.decode(code.graph, soft, 6, factor=0.7)
    for i, each in enumerate(soft):
        word, converged, passes = naive(code.graph, each, 6, 0.7)
        assert (found.words[i] == word).all()
        assert (found.converged[i], found.passes[i]) == (converged, passes)
    assert 0 < found.converged.sum() < 70
    assert len(set(found.passes.tolist())) > 2


def test_a_block_does_not_depend_on_those_beside_it() -> None:
    code = LDPC(40, 80)
    _, soft = noisy(code, 5 * minsum.LANES + 3, eb_n0_db=1.0)
    whole = code.decode(soft)
    for rows in (slice(0, 1), slice(None, None, -1), slice(7, 7 + minsum.LANES)):
        part = code.decode(soft[rows])
        assert (part.bits == whole.bits[rows]).all()
        assert (part.iterations == whole.iterations[rows]).all()
    assert len(set(whole.iterations.tolist())) > 5  # lanes fell free at different times


def test_threads_change_nothing() -> None:
    code, threads = LDPC(40, 80), torch.get_num_threads()
    _, soft = noisy(code, 300, eb_n0_db=1.0)
    whole = code.decode(soft)
    torch.set_num_threads(3)
    try:
        parts = code.decode(soft)
    finally:
        torch.set_num_threads(threads)
    assert (parts.bits == whole.bits).all()
    assert (parts.iterations == whole.iterations).all()


def test_codewords_are_alike() -> None:
    """Where soft bits change sign as a codeword says, what is decoded differs by that codeword."""
    code = LDPC(40, 80)
    _, soft = noisy(code, 200, eb_n0_db=1.0)
    word = np.random.default_rng(5).integers(0, 2, (1, code.k), dtype=np.uint8)
    turned = code.decode(soft * (1 - 2 * code.encode(word).astype(np.float32)))
    decoded = code.decode(soft)
    assert (turned.bits == decoded.bits ^ word).all()
    assert (turned.iterations == decoded.iterations).all()


def test_the_noise_need_not_be_known() -> None:
    code = LDPC(40, 80)
    _, soft = noisy(code, 200, eb_n0_db=1.0)
    assert (code.decode(soft).bits == code.decode(soft * 2**-9).bits).all()


def test_what_converged_is_a_codeword_and_what_did_not_is_none() -> None:
    code = LDPC(40, 80)
    _, soft = noisy(code, 300, eb_n0_db=0.0)
    found = minsum.decode(code.graph, soft, 10)
    assert (satisfied(found.words, code.graph.checks) == found.converged).all()
    again = codewords(found.words[:, :40], code.graph.order, code.graph.variables)
    assert (found.words == again)[found.converged].all()
    assert 0 < found.converged.sum() < 300
    assert (found.passes[~found.converged] == 10).all()


def test_soft_bits_that_say_nothing_are_no_codeword() -> None:
    decoded = LDPC(40, 80).decode(np.zeros((2, 80), np.float32), iterations=5)
    assert not decoded.converged.any()
    assert (decoded.iterations == 5).all()


def test_known_bits_are_infinite() -> None:
    code = LDPC(40, 80)
    bits, soft = noisy(code, 300, eb_n0_db=-2.0)
    wrong = (code.decode(soft).bits != bits).any(axis=1)
    sent = code.encode(bits)
    half = slice(0, None, 2)
    soft[:, half] = np.where(sent[:, half], -np.inf, np.inf)
    knowing = (code.decode(soft).bits != bits).any(axis=1)
    assert knowing.sum() < wrong.sum() / 2
    everything = code.decode(np.where(sent, -np.inf, np.inf).astype(np.float32))
    assert (everything.bits == bits).all()
    assert everything.converged.all()


def test_contradictions_never_overflow() -> None:
    """Soft bits of random signs at float32's limit: any NaN would leave its signs, all false, as zeros."""
    code = LDPC(64, 72)
    rng = np.random.default_rng(0)
    soft = rng.choice(np.array([-1, 1], np.float32), (64, code.n)) * np.finfo(np.float32).max
    decoded = code.decode(soft, iterations=200)
    assert 0.3 < decoded.bits.mean() < 0.7


def compared(code: LDPC, blocks: int, eb_n0_db: float) -> tuple[int, float]:
    """Block errors, and how many more than Sionna's are allowed: 10 % of them or three standard errors."""
    bits, soft = noisy(code, blocks, eb_n0_db, seed=11)
    ours = int((code.decode(soft).bits != bits).any(axis=1).sum())
    theirs = int((code.decode(soft, decoder="sionna").bits != bits).any(axis=1).sum())
    assert theirs > 0
    return ours, theirs + max(0.1 * theirs, 3 * (theirs * (1 - theirs / blocks)) ** 0.5)


@pytest.mark.parametrize("eb_n0_db", [1.0, 3.0])
def test_block_errors_are_no_more_than_belief_propagations(eb_n0_db: float) -> None:
    ours, allowed = compared(LDPC(64, 128), 400, eb_n0_db)
    assert 0 < ours <= allowed


@pytest.mark.slow
@pytest.mark.parametrize(("eb_n0_db", "blocks"), [(0.5, 1024), (1.0, 2048), (1.5, 4096), (2.0, 6144)])
def test_block_errors_are_no_more_than_belief_propagations_in_full(eb_n0_db: float, blocks: int) -> None:
    ours, allowed = compared(LDPC(512, 1024), blocks, eb_n0_db)
    assert 0 < ours <= allowed


def test_without_a_folder_to_cache_in_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core import caching

    @no_type_check
    def stand_in(_starts, _edges, _sent, _llr, iterations, _factor, _words, _converged, passes):
        passes[:] = iterations

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    monkeypatch.setattr(minsum, "_decode", stand_in)
    found = minsum.compiled.__wrapped__()
    assert not found.from_disk
    assert found.seconds > 0
    passes = np.zeros(2, np.int32)
    graph = np.zeros(1, np.int32)
    soft, words = np.zeros((2, 4), np.float32), np.zeros((2, 4), np.uint8)
    found.run(graph, graph, graph, soft, 7, np.float32(1), words, np.zeros(2, np.bool_), passes)
    assert passes.tolist() == [7, 7]


@pytest.mark.slow
def test_the_machine_code_is_kept_on_disk(tmp_path: Path) -> None:
    code = "from laconic.link.minsum import compiled; print(compiled().from_disk, compiled().seconds)"
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": ""}
    runs = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [run.split()[0] for run in runs] == ["False", "True"]
    made, loaded = (float(run.split()[1]) for run in runs)
    assert loaded < made / 2
