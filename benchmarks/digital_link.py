"""The whole digital link, bits to bits, against Sionna's own chain of encoder, mapper, AWGN, demapper and decoder.

`python -m benchmarks.digital_link` also shows which part of the link's time each of its stages takes.
"""

from __future__ import annotations

import functools
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from benchmarks.ratio import WARM_UP, Ratio, measure
from laconic.link.digital import DigitalLink
from laconic.link.fading import AWGN

K, N, PACKETS = 512, 1024, 512
EB_N0_DB = 2.0
SNR_DB = EB_N0_DB  # QPSK of code rate 1/2 carries one bit a symbol
LIMIT = 1 / 25
REPEATS = 5


def run() -> list[Ratio]:
    """CPU time on one thread; both decoders make up to 20 iterations."""
    bits = np.random.default_rng(0).integers(0, 2, (PACKETS, K), dtype=np.uint8)
    ours, theirs = _link(bits), _sionna(bits)
    with _one_thread():
        value, spread = measure(ours, theirs, REPEATS)
    return [Ratio(f"digital link, QPSK {K}/{N} at {EB_N0_DB:g} dB: time over Sionna's", value, spread, LIMIT)]


def shares() -> dict[str, float]:
    """The part of the link's time that each stage takes: the median over rounds."""
    bits = np.random.default_rng(0).integers(0, 2, (PACKETS, K), dtype=np.uint8)
    with _one_thread():
        rounds = [_staged(bits) for _ in range(WARM_UP + 20)][WARM_UP:]
    return {stage: statistics.median(each[stage] / sum(each.values()) for each in rounds) for stage in rounds[0]}


def _link(bits: np.ndarray) -> Callable[[], object]:
    generator = torch.Generator().manual_seed(0)
    return functools.partial(DigitalLink(AWGN(), "qpsk", K / N), bits, SNR_DB, generator=generator)


def _staged(bits: np.ndarray) -> dict[str, float]:
    link, generator = DigitalLink(AWGN(), "qpsk", K / N), torch.Generator().manual_seed(0)
    code, clock = link.segments(K).code, [time.process_time()]

    def passed() -> None:
        clock.append(time.process_time())

    coded = code.encode(bits)
    passed()
    symbols = link.qam.map(coded)
    passed()
    received = AWGN()(symbols, SNR_DB, generator=generator)
    passed()
    soft = link.qam.demap(received.symbols, received.gain, received.noise_variance)
    passed()
    code.decode(soft)
    passed()
    return dict(zip(("encode", "map", "channel", "demap", "decode"), np.diff(clock).tolist(), strict=True))


def _sionna(bits: np.ndarray) -> Callable[[], object]:
    """Sionna's chain as its documentation puts it together, on the CPU and without its check of the input."""
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sionna.phy import channel, config
        from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder
        from sionna.phy.mapping import Demapper, Mapper

        config.device = "cpu"
        encoder = LDPC5GEncoder(K, N, num_bits_per_symbol=2, check_input=False)
        decoder, mapper = LDPC5GDecoder(encoder, num_iter=20), Mapper("qam", 2)
        noise, demapper = channel.AWGN(), Demapper("app", "qam", 2)
    no = torch.tensor(10 ** (-SNR_DB / 10))
    sent = torch.from_numpy(bits).float()
    return lambda: decoder(demapper(noise(mapper(encoder(sent)), no), no))


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


if __name__ == "__main__":
    print(*run(), sep="\n")
    print("of the link's time:", ", ".join(f"{stage} {share:.1%}" for stage, share in shares().items()))
