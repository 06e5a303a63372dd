"""The measures of paper 000: complexity of content and language, length of a representation, semantic impact.

The paper (Chaccour and Saad, "Disentangling Learnable and Memorizable Data via Contrastive Learning for Semantic
Communications") names these and defines none so that it could be computed; docs/guides/measures.md states the
definitions that stand here, which were written down before anything was measured with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from laconic.extras import need
from laconic.score.activity import ScoreError

ESCAPE = 2.0**-10
"""The probability kept free for a coefficient that the language did not expect: 10 bits say so."""

SHRINKAGE = 10.0
"""Pictures of all clusters that count when a cluster's own deviations are estimated."""

FINEST = 1 / 64
"""Of a quantisation step: the smallest standard deviation, where training pictures have none."""


def entropy(probabilities: Float[np.ndarray, " n"]) -> float:
    """Shannon entropy in nats.

    >>> round(entropy(np.full(8, 1 / 8)) / math.log(8), 12)
    1.0

    Raises:
        ScoreError: these are no probabilities.
    """
    if np.any(probabilities < 0) or not math.isclose(probabilities.sum(), 1, abs_tol=1e-6):
        raise ScoreError(f"probabilities are at least 0 and sum to 1, got {probabilities!r}")
    some = probabilities[probabilities > 0]
    return float(-(some * np.log(some)).sum())


def content_complexity(
    class_probabilities: Float[np.ndarray, " classes"], memorizable: float = 0.0, n_memorizable: int = 1
) -> float:
    """The entropy of what a source can show, in nats: c = H(classes) + rho H(noise index).

    A part `memorizable` (rho) of the data means nothing, and each of these `n_memorizable` is its own content.

    >>> content_complexity(np.full(10, 0.1), memorizable=0.5, n_memorizable=100) == math.log(10) + 0.5 * math.log(100)
    True

    Raises:
        ScoreError: no probabilities, a part outside 0 to 1, or less than one memorizable datum.
    """
    if not 0 <= memorizable <= 1 or n_memorizable < 1:
        raise ScoreError(f"a part from 0 to 1 of at least one datum wanted, got {memorizable} of {n_memorizable}")
    return entropy(class_probabilities) + memorizable * math.log(n_memorizable)


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Independent normal parameters of a representation model: the paper's Lambda (learnt) or zeta (before)."""

    mean: Float64[np.ndarray, " parameters"]
    std: Float64[np.ndarray, " parameters"]

    def __post_init__(self) -> None:
        if not np.all(self.std > 0):
            raise ScoreError("standard deviations are above 0")

    def kl(self, other: Gaussian) -> float:
        """KL(self || other) in nats."""
        ratio = (self.std / other.std) ** 2
        apart = ((self.mean - other.mean) / other.std) ** 2
        return float(0.5 * (ratio + apart - 1 - np.log(ratio)).sum())


def language_complexity(
    cross_entropy: Callable[[Float64[np.ndarray, " parameters"]], float],
    learnt: Gaussian,
    before: Gaussian,
    beta: float,
    rng: np.random.Generator,
    draws: int = 100,
) -> float:
    """The tractable form of equation (1), in nats: E over theta ~ Lambda of L(theta), plus beta KL(Lambda || zeta).

    `cross_entropy(theta)` is L, the sum of -log p_theta(Z_i | X_i) in nats. Equation (1) itself has a Kolmogorov
    complexity, which nothing computes. The paper leaves learning Lambda and zeta out of its scope: here they are
    normal and given. The expectation is a mean over `draws`.

    Raises:
        ScoreError: beta below 0.
    """
    if beta < 0:
        raise ScoreError(f"beta is at least 0, not {beta}")
    noise = rng.normal(size=(draws, len(learnt.mean)))
    expected = float(np.mean([cross_entropy(learnt.mean + learnt.std * row) for row in noise]))
    return expected + beta * learnt.kl(before)


def gaussian_rate(variances: Float[np.ndarray, " dims"], distortion: float) -> float:
    """Bits that a normal source needs for a mean squared error of `distortion` a dimension: reverse water-filling.

    R = sum of max(0, 1/2 log2(variance / level)), the level being such that sum of min(variance, level) = dims * D
    (Cover and Thomas, "Elements of Information Theory", Theorem 10.3.3).

    >>> gaussian_rate(np.array([4.0, 4.0]), 1.0)
    2.0

    Raises:
        ScoreError: a distortion that is not above 0.
    """
    if not distortion > 0:
        raise ScoreError(f"a distortion above 0 wanted, got {distortion}")
    if distortion >= variances.mean():
        return 0.0
    ascending = np.sort(variances).astype(np.float64)
    below = np.concatenate([[0.0], np.cumsum(ascending)[:-1]])
    levels = (len(ascending) * distortion - below) / np.arange(len(ascending), 0, -1)
    level = levels[np.argmax(levels <= ascending)]  # the first at which all that is above it stays above
    return float(0.5 * np.log2(np.maximum(ascending, level) / level).sum())


@dataclass(frozen=True, eq=False)
class ResidualCode:
    """A picture as the cluster that it belongs to, and how it differs from that cluster's mean picture.

    ```
    pixels --cluster l--> index:    -log2 P(l) bits
    pixels - mean of l --basis--> coefficients --uniform steps--> levels: -log2 P(level | l) bits each
    ```

    P(level | l) is a normal distribution's mass on the step, its deviation estimated for the cluster, mixed with an
    escape: a tiny part spread evenly over all levels, so that every picture can be said. Lengths are those of an ideal
    entropy coder, which arithmetic coding reaches within two bits a picture. Pixels go from 0 to 1.
    """

    basis: Float64[np.ndarray, "dims dims"]
    means: Float64[np.ndarray, "clusters dims"]
    stds: Float64[np.ndarray, "clusters dims"]
    index_bits: Float64[np.ndarray, " clusters"]

    @classmethod
    def fit(
        cls,
        pixels: Float[np.ndarray, "n dims"],
        clusters: Int[np.ndarray, " n"],
        n_clusters: int,
        basis: Float64[np.ndarray, "dims dims"] | None = None,
    ) -> ResidualCode:
        """From training pictures; without a `basis` (orthonormal columns) the residuals' principal axes are used.

        Raises:
            ScoreError: no pictures, or a cluster's number beyond `n_clusters`.
        """
        if len(pixels) == 0 or clusters.max() >= n_clusters:
            raise ScoreError(f"pictures of clusters 0 to {n_clusters - 1} wanted, got {len(pixels)} of {clusters!r}")
        counts = np.bincount(clusters, minlength=n_clusters)
        means = _cluster_sums(pixels, clusters, n_clusters) / np.maximum(counts, 1)[:, None]
        residuals = pixels - means[clusters]
        if basis is None:
            basis = np.linalg.eigh(residuals.T @ residuals)[1]
        squares = (residuals @ basis) ** 2
        own, pooled = _cluster_sums(squares, clusters, n_clusters), squares.mean(axis=0)
        stds = np.sqrt((own + SHRINKAGE * pooled) / (counts[:, None] + SHRINKAGE))
        index_bits = -np.log2((counts + 1) / (len(pixels) + n_clusters))
        return cls(basis, means, stds, index_bits)

    def bits(
        self, pixels: Float[np.ndarray, "n dims"], clusters: Int[np.ndarray, " n"], distortion: float
    ) -> Float64[np.ndarray, " n"]:
        """Each picture's length, index and residual, in steps of sqrt(12 distortion).

        Such steps err by `distortion` (mean squared, a pixel) where coefficients vary by more than a step, and less
        where they don't; no coefficient ever errs by more than half a step.
        """
        step = _step(distortion)
        levels = np.abs(np.round((pixels - self.means[clusters]) @ self.basis / step))
        sigmas = np.maximum(self.stds / step, FINEST)[clusters]
        ndtr = need("scipy.special", "train").ndtr
        expected = ndtr((0.5 - levels) / sigmas) - ndtr((-0.5 - levels) / sigmas)
        n_levels = 2 * math.ceil(math.sqrt(pixels.shape[1]) / step) + 1
        lengths = -np.log2((1 - ESCAPE) * expected + ESCAPE / n_levels)
        return np.asarray(self.index_bits[clusters] + lengths.sum(axis=1))

    def error(
        self, pixels: Float[np.ndarray, "n dims"], clusters: Int[np.ndarray, " n"], distortion: float
    ) -> Float64[np.ndarray, " n"]:
        """The mean squared error a pixel of each picture as it is rebuilt."""
        step = _step(distortion)
        coefficients = (pixels - self.means[clusters]) @ self.basis / step
        return np.asarray((step**2 * (coefficients - np.round(coefficients)) ** 2).mean(axis=1))


def cosine_basis(height: int, width: int, channels: int = 1) -> Float64[np.ndarray, "dims dims"]:
    """The orthonormal cosine transform (DCT-II) of whole pictures: what a classical coder has, and no data taught."""
    dct = need("scipy.fft", "train").dct
    rows, columns = (dct(np.eye(n), norm="ortho", axis=0).T for n in (height, width))
    return np.asarray(np.kron(np.kron(rows, columns), np.eye(channels)))


@dataclass(frozen=True)
class Economy:
    """What a way of sending costs and gives, over many data.

    `said_fraction` of the data are said by a representation of `representation_bits` (|Z|) in the mean; the others
    are sent classically. `impact` (iota) is how many packets of the classical way one packet of representations
    stands for; `bits` and `impact_all` are the same for all that is sent, the classical packets too.
    """

    said_fraction: float
    representation_bits: float
    impact: float
    bits: float
    impact_all: float


def economy(
    semantic_bits: Float[np.ndarray, " n"], classical_bits: Float[np.ndarray, " n"], said: Bool[np.ndarray, " n"]
) -> Economy:
    """Lengths of all data both ways, and which are said, to what that costs and gives.

    Both ways keep the same fidelity (the same steps), so each said datum regenerates at the receiver the packets
    that it would have taken classically:

        iota = sum of classical bits of said data / sum of their semantic bits

    per representation and second of a link whose rate, like the packets' size, cancels (packets are filled across
    data). Which of both ways a datum goes is told by its share's entropy, which said and sent data bear alike. Where
    nothing is said all is classical: |Z| is the classical length, and iota is 1.

    Raises:
        ScoreError: there is no datum.
    """
    if len(said) == 0:
        raise ScoreError("an economy is measured over at least one datum, but there is none")
    share = float(said.mean())
    flag = entropy(np.array([share, 1 - share])) / math.log(2)
    spent = np.where(said, semantic_bits, classical_bits) + flag
    shown = said if said.any() else ~said
    return Economy(
        said_fraction=share,
        representation_bits=float(spent[shown].mean()),
        impact=float(classical_bits[shown].sum() / spent[shown].sum()),
        bits=float(spent.mean()),
        impact_all=float(classical_bits.sum() / spent.sum()),
    )


def _step(distortion: float) -> float:
    if not distortion > 0:
        raise ScoreError(f"a distortion above 0 wanted, got {distortion}")
    return math.sqrt(12 * distortion)


def _cluster_sums(
    rows: Float[np.ndarray, "n dims"], clusters: Int[np.ndarray, " n"], n_clusters: int
) -> Float64[np.ndarray, "clusters dims"]:
    sums = np.zeros((n_clusters, rows.shape[1]))
    for cluster in range(n_clusters):
        sums[cluster] = rows[clusters == cluster].sum(axis=0, dtype=np.float64)
    return sums
