"""What decoders of the LDPC code reach on AWGN, and what theory says of it: the measure of `link/waterfall`."""

from __future__ import annotations

import math

import numpy as np

from laconic.trials.trial import Measured, Parameters


def waterfall(parameters: Parameters, seed: int, source: str) -> Measured:  # noqa: ARG001
    """Both error rates of one decoder over QPSK and AWGN, at each of `eb_n0_db` on as many `blocks`.

    Parameters are also `k`, `n` and `decoder`. Every arm meets the same bits and noise. `allowed` is the block error
    rate that is not worse than this one: 10 % or three standard errors above it, whichever is more. `uncoded` is the
    bit error rate of hard decisions and `uncoded_theory` its closed form, Q(sqrt(E_s / N_0)); `normal` is the block
    error rate that the best code of this length is expected to have (`normal_approximation`). Data aren't needed.
    """
    import torch

    from laconic.link.fading import AWGN
    from laconic.link.ldpc import LDPC
    from laconic.link.modulation import Modulation

    code, qpsk = LDPC(parameters["k"], parameters["n"], bits_per_symbol=2), Modulation("qpsk")
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for eb_n0_db, blocks in zip(parameters["eb_n0_db"], parameters["blocks"], strict=True):
        snr_db = eb_n0_db + 10 * math.log10(2 * code.code_rate)  # a symbol carries two bits on the air
        bits = rng.integers(0, 2, (blocks, code.k), dtype=np.uint8)
        sent = code.encode(bits)
        received = AWGN()(qpsk.map(sent), snr_db, generator=generator)
        soft = qpsk.demap(received.symbols, received.gain, received.noise_variance)
        decoded = code.decode(soft, iterations=20, decoder=parameters["decoder"])
        wrong = decoded.bits != bits
        bler = float(wrong.any(axis=1).mean())
        numbers = {
            "eb_n0_db": eb_n0_db,
            "bler": bler,
            "ber": float(wrong.mean()),
            "undetected": float((wrong.any(axis=1) & decoded.converged).mean()),
            "iterations": float(decoded.iterations.mean()),
            "allowed": bler + max(0.1 * bler, 3 * math.sqrt(bler * (1 - bler) / blocks)),
            "uncoded": float(((soft < 0) != sent).mean()),
            "uncoded_theory": tail(math.sqrt(10 ** (snr_db / 10))),
            "normal": normal_approximation(code.k, code.n, snr_db),
        }
        for key, value in numbers.items():
            found.setdefault(key, []).append(value)
    return found


def normal_approximation(k: int, n: int, snr_db: float) -> float:
    """The block error rate that the best binary code of k bits in n can have over QPSK and AWGN, nearly.

    Q((n C - k + log2(n) / 2) / sqrt(n V)), where C and V are the mean and the variance of the information
    1 - log2(1 + exp(-L)) that a bit's soft value L ~ N(2 s, 4 s), s = E_s / N_0, brings: Polyanskiy, Poor and Verdu,
    "Channel Coding Rate in the Finite Blocklength Regime", 2010, equation (223) and section IV.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(127)
    snr = 10 ** (snr_db / 10)
    information = 1 - np.logaddexp(0, -(2 * snr + 2 * math.sqrt(snr) * points)) / math.log(2)
    weights /= weights.sum()
    capacity = float(weights @ information)
    dispersion = float(weights @ (information - capacity) ** 2)
    return tail((n * capacity - k + math.log2(n) / 2) / math.sqrt(n * dispersion))


def tail(x: float) -> float:
    """Q(x): how much of a standard normal variable lies above x."""
    return math.erfc(x / math.sqrt(2)) / 2
