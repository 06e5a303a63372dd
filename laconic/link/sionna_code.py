"""A 5G LDPC code as Sionna builds it: the pruned graph that decoders run on, and the order of the bits on the air."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Int32, UInt8

from laconic.extras import need
from laconic.link.parity import Step, padded, recoverable, steps

CODES = 64  # of how many codes the graphs are kept
CHUNK = 512  # blocks that Sionna decodes at once: all their messages are in memory


@dataclass(frozen=True, eq=False)
class Graph:
    """The parity checks of one code on its k bits and the parity bits that matter: what Sionna keeps after pruning.

    Filler bits are known to be 0, so they and their edges are left out. Variables are numbered from 0: first the k
    bits, of which the first 2 `lifting` are never sent, then the parity bits.

    Args:
        lifting: Z; `lifting` checks in turn are a layer, and no two of a layer share a variable.
        variables: how many there are.
        checks: the variables of each check; rows are filled up with `variables`.
        sent: the variable that each bit on the air is. 5G's code rates are such that none is sent twice.
        order: how the parity bits follow from the k bits.
        decoder: Sionna's own decoder, for `decode`.
        own: where each variable stands among Sionna's, which has the fillers in between.
    """

    lifting: int
    variables: int
    checks: Int32[np.ndarray, "checks degree"]
    sent: Int32[np.ndarray, " n"]
    order: tuple[Step, ...]
    decoder: Any
    own: Int32[np.ndarray, " variables"]

    @cached_property
    def recoverable(self) -> bool:
        """Whether the bits that are never sent follow from those that are."""
        return recoverable(self.sent, self.checks, self.variables)

    def decode(self, llr: Float32[np.ndarray, "blocks n"], iterations: int) -> UInt8[np.ndarray, "blocks variables"]:
        """The hard decisions of Sionna's decoder (boxplus-phi, flooding, no early stopping) on every variable.

        Sionna's soft bits are log p(1) / p(0), so signs turn here, and it clips them to +-20, as its messages.
        """
        soft = np.full((len(llr), self.decoder.num_vns), -self.decoder.llr_max, np.float32)  # fillers are 0 for sure
        soft[:, self.own] = 0
        soft[:, self.own[self.sent]] = -llr
        chunks = [soft[start : start + CHUNK] for start in range(0, len(soft), CHUNK)]
        words = [self.decoder(torch.from_numpy(chunk), num_iter=iterations).numpy() for chunk in chunks]
        return np.concatenate(words)[:, self.own].astype(np.uint8)


@lru_cache(CODES)
def graph(k: int, n: int, bits_per_symbol: int) -> Graph:
    """The graph of the code that 5G makes of `k` bits and `n` sent ones.

    With `bits_per_symbol` > 1 the sent bits are interleaved over the symbols (3GPP TS 38.212, section 5.4.2.2).

    Raises:
        LaconicError: Sionna is not installed.
        ValueError: 5G has no such code.
    """
    encoder, pruned, decoder = _sionna(k, n, bits_per_symbol)
    own = np.r_[:k, encoder.k_ldpc : pruned.shape[1]].astype(np.int32)
    matrix = pruned[:, own].tocsr()
    sent = 2 * encoder.z + encoder.out_int.numpy().astype(np.int32)
    return Graph(encoder.z, len(own), padded(matrix), sent, steps(matrix, k, encoder.z), decoder, own)


def _sionna(k: int, n: int, bits_per_symbol: int) -> tuple[Any, Any, Any]:
    """Sionna's encoder, pruned matrix and decoder, on the CPU.

    Its import reseeds torch's generators, which are put back. Its warning above a code rate of 948/1024, 5G's
    nominal limit, is not passed on: codes to 0.95 exist.
    """
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())), warnings.catch_warnings():
        code = need("sionna.phy.fec.ldpc", "link")
        warnings.simplefilter("ignore", UserWarning)
        encoder = code.LDPC5GEncoder(k, n, num_bits_per_symbol=bits_per_symbol, precision="single", device="cpu")
        pruned = code.LDPC5GDecoder(encoder, precision="single", device="cpu").pcm
        decoder = code.LDPCBPDecoder(pruned, precision="single", device="cpu")
    return encoder, pruned.tocsc(), decoder
