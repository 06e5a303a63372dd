"""Real vectors as complex symbols, and back, and the power with which they are sent."""

from __future__ import annotations

import math

import torch
from jaxtyping import Complex64, Float32
from torch import Tensor

from laconic.link.errors import LinkError


def pair(vectors: Float32[Tensor, "packets reals"]) -> Complex64[Tensor, "packets symbols"]:
    """Take two neighbouring reals as one complex symbol: x[2i] + j x[2i + 1].

    The symbols share the vectors' memory where its layout allows.

    Raises:
        LinkError: not float32, not of two dimensions, no packet, no reals, or an odd number of them.

    >>> pair(torch.tensor([[1.0, 2.0, 3.0, 4.0]])).tolist()
    [[(1+2j), (3+4j)]]
    """
    _check(vectors, torch.float32, "reals")
    if vectors.shape[1] % 2:
        raise LinkError(f"two reals make a symbol, so a packet has an even number of them, not {vectors.shape[1]}")
    if vectors.storage_offset() % 2 or not vectors.is_contiguous():
        vectors = vectors.clone(memory_format=torch.contiguous_format)  # a complex number begins at an even place
    return torch.view_as_complex(vectors.view(len(vectors), -1, 2))


def unpair(symbols: Complex64[Tensor, "packets symbols"]) -> Float32[Tensor, "packets reals"]:
    """The real vectors [packets, 2 symbols] that `pair` takes to these symbols; they share memory.

    Raises:
        LinkError: not complex64, not of two dimensions, no packet, or no symbols.

    >>> unpair(torch.tensor([[1 + 2j, 3 + 4j]])).tolist()
    [[1.0, 2.0, 3.0, 4.0]]
    """
    check_symbols(symbols)
    return torch.view_as_real(symbols.resolve_conj()).flatten(1)


def amplitude(symbols: Complex64[Tensor, "packets symbols"]) -> Float32[Tensor, "packets 1"]:
    """The root of each packet's mean power per complex symbol, sqrt(mean |x|^2).

    Raises:
        LinkError: no symbols (see `unpair`), or a packet whose amplitude is 0 or not finite, with its number.
    """
    roots: Tensor = torch.linalg.vector_norm(unpair(symbols), dim=1, keepdim=True) / math.sqrt(symbols.shape[1])
    if not (roots.min() > 0 and roots.max() < math.inf):  # NaN is the minimum and fails too
        bad = ((roots > 0) & (roots < math.inf)).logical_not().flatten().nonzero().flatten().tolist()
        raise LinkError(
            f"packet {bad[0]} has amplitude {float(roots[bad[0]]):g}, and only one above 0 and finite can be made 1; "
            f"leave out such packets: {len(bad)} of {len(roots)}"
        )
    return roots


def normalise(symbols: Complex64[Tensor, "packets symbols"]) -> Complex64[Tensor, "packets symbols"]:
    """Scale each packet by itself to a mean power of 1 per complex symbol: what a channel's SNR refers to.

    Raises:
        LinkError: as `amplitude`.
    """
    return symbols * amplitude(symbols).reciprocal()


def check_symbols(symbols: Tensor) -> None:
    """Raise a LinkError unless these are complex64 symbols [packets, symbols], at least one of each."""
    _check(symbols, torch.complex64, "symbols")


def _check(tensor: Tensor, dtype: torch.dtype, what: str) -> None:
    if tensor.dtype != dtype:
        raise LinkError(f"{what} are {dtype}, not {tensor.dtype}; convert them with .to({dtype})")
    if tensor.ndim != 2 or not tensor.numel():
        raise LinkError(f"{what} are [packets, {what}] with at least one of each, not of shape {[*tensor.shape]}")
