"""How long messages are: of one length, of the words of a language, of words and pictures in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from laconic.transport.errors import TransportError


@dataclass(frozen=True, eq=False)
class Sizes:
    """Lengths in bytes, and the share of messages that has each.

    Raises:
        TransportError: no lengths, negative ones, or shares that are not those of a whole.
    """

    n_bytes: Int64[np.ndarray, " sizes"]
    shares: Float64[np.ndarray, " sizes"]

    def __post_init__(self) -> None:
        if not len(self.n_bytes) or self.n_bytes.min() < 0:
            raise TransportError(f"messages of at least 0 bytes wanted, got {self.n_bytes.tolist()}")
        if not (self.shares.min() >= 0 and abs(self.shares.sum() - 1) < 1e-9):  # NaN fails too
            raise TransportError(f"shares of at least 0 that sum to 1 wanted, got {self.shares.tolist()}")

    @classmethod
    def one(cls, n_bytes: int) -> Sizes:
        """Messages that all have this length."""
        return cls(np.array([n_bytes]), np.ones(1))

    @classmethod
    def of_bits(cls, bits: Int64[np.ndarray, " words"], counts: Int64[np.ndarray, " words"]) -> Sizes:
        """Messages of so many bits, padded to whole bytes, each as often as counted.

        >>> sizes = Sizes.of_bits(np.array([1, 8, 9]), np.array([2, 1, 1]))
        >>> sizes.n_bytes.tolist(), sizes.shares.tolist()
        ([1, 2], [0.75, 0.25])

        Raises:
            TransportError: nothing was counted.
        """
        if counts.sum() < 1:
            raise TransportError(f"messages that were counted wanted, got counts that sum to {counts.sum()}")
        n_bytes, word = np.unique(-(-bits // 8), return_inverse=True)
        return cls(n_bytes, np.bincount(word, counts) / counts.sum())

    @property
    def mean(self) -> float:
        """The mean length in bytes."""
        return float(self.n_bytes @ self.shares)

    def plus(self, n_bytes: int) -> Sizes:
        """Each message with so many bytes more: a packet's header and check."""
        return Sizes(self.n_bytes + n_bytes, self.shares)

    def mixed(self, others: Sizes, share: float) -> Sizes:
        """These messages for a `share` of the time, `others` for the rest of it."""
        shares = np.concatenate([share * self.shares, (1 - share) * others.shares])
        return Sizes(np.concatenate([self.n_bytes, others.n_bytes]), shares)
