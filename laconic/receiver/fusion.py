"""Several nodes' words on one event, and one decision.

```
node 1: word --table--> P(class | word 1) --reliability--\
node 2: word --table--> P(class | word 2) --reliability---+--> sum of evidence, less what is said twice --> P(class)
node 3: missing                                          /
```

Evidence is the log of posterior over prior. Nodes that err independently, given the class, have evidence that adds.
Nodes that see one event don't: what makes a picture hard is hard for all of them, and a plain sum is too sure. If the
nodes' evidence is Gaussian with pairwise correlation r given the class, n of them are worth

    n / (1 + (n - 1) r)                                     (Kish's effective sample size, "Survey Sampling", 1965)

independent ones, and the sum divided by 1 + (n - 1) r is exact. With r = 0 evidence adds, with r = 1 it is averaged.

Some events mislead all nodes alike, however well these agree. What part of events does is the lapse: confidence never
comes nearer to 1 than that (as of observers in psychophysics: Wichmann and Hill, 2001).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from laconic.receiver.heard import FusionError, Heard
from laconic.receiver.linear import check_positive, log_loss, sharpened, softmax
from laconic.receiver.predictions import Predictions
from laconic.receiver.reliability import LEAST, RIDGE, fit_reliability

DEPENDENCES = np.linspace(0, 1, 41)
TEMPERATURES = np.exp2(np.linspace(-2, 3, 201))
LAPSES = (0.0, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
RIDGES = (RIDGE, 30.0, 1000.0)  # nodes that differ need the least, good ones and few events the most


def vote(heard: Heard) -> Float64[np.ndarray, "events classes"]:
    """Paper 001's decision fusion: each class's share of the votes. argmax gives a tie to the lowest class.

    >>> said = np.array([[[0.9, 0.1], [0.4, 0.6], [0.6, 0.4]]])
    >>> vote(Heard(("a", "b", "c"), said, np.ones((1, 3), bool))).round(2)
    array([[0.67, 0.33]])
    """
    votes = np.eye(heard.posteriors.shape[2])[heard.posteriors.argmax(axis=2)] * heard.present[..., None]
    return np.asarray(votes.sum(axis=1) / heard.present.sum(axis=1, keepdims=True))


def summed(
    features: Float32[np.ndarray, "events nodes units"], present: Bool[np.ndarray, "events nodes"]
) -> Float32[np.ndarray, "events units"]:
    """Paper 001's feature fusion: the nodes' (dequantised) features added, for a linear receiver of such sums.

    Where nodes are missing the sum of the others is scaled up, so that it is as large as the receiver expects.

    Raises:
        FusionError: an event with no node.
    """
    if not present.any(axis=1).all():
        raise FusionError(f"no node said anything of event {np.flatnonzero(~present.any(axis=1))[0]}: leave it out")
    scale = present.shape[1] / present.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("enu,en->eu", features, present * scale), np.float32)


@dataclass(frozen=True, eq=False)
class Fusion:
    """Likelihood fusion: log posteriors, each weighed by its node's reliability, added and made less sure of.

    ```
    P(c | words) = (1 - lapse) p(c) + lapse prior(c)
    log p(c) = log prior + sum_i e_i(c) / (1 + (n - 1) dependence) + constant,  all over temperature
    e_i(c) = weight_i log P(c | word i) + bias_i(c) - log prior
    ```

    with the sum over the n nodes that said something.

    Args:
        nodes: whose reliability is known.
        prior: of the classes.
        weights: each node's; 0 for one that tells nothing, 1 for one whose posteriors are right as they are.
        biases: what each node's posteriors are to be corrected by, class by class.
        dependence: from 0, nodes err independently, to 1, they all say the same.
        temperature: of the sum.
        lapse: the part of events of which what nodes say means nothing.

    Raises:
        FusionError: parts that don't fit each other, or a dependence or a lapse out of range.
        ReceiverError: a temperature that is not above 0.
    """

    nodes: tuple[str, ...]
    prior: Float64[np.ndarray, " classes"]
    weights: Float64[np.ndarray, " nodes"]
    biases: Float64[np.ndarray, "nodes classes"]
    dependence: float = 0.0
    temperature: float = 1.0
    lapse: float = 0.0

    name: ClassVar[str] = "likelihood fusion"

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        if self.weights.shape != (len(self.nodes),) or self.biases.shape != (len(self.nodes), len(self.prior)):
            raise FusionError(f"a weight and a bias for each of {len(self.nodes)} nodes wanted, got others")
        if not 0 <= self.dependence <= 1:
            raise FusionError(f"a dependence of 0 to 1 wanted, got {self.dependence}")
        if not 0 <= self.lapse < 1:
            raise FusionError(f"a lapse from 0 to below 1 wanted, got {self.lapse}")

    @classmethod
    def plain(cls, nodes: tuple[str, ...], prior: Float64[np.ndarray, " classes"]) -> Fusion:
        """Every node's posteriors taken as they are, and independent of each other: nothing learnt."""
        return cls(nodes, prior, np.ones(len(nodes)), np.zeros((len(nodes), len(prior))))

    @classmethod
    def fit(cls, heard: Heard, labels: Int64[np.ndarray, " events"], rng: np.random.Generator) -> Fusion:
        """Learn from events whose class is known, on which the codec was not trained.

        Each node's reliability is learnt alone. How far that is to be trusted and the nodes' dependence, then the
        temperature (Guo et al., 2017) and the lapse, are those under which labels are likeliest by what was learnt of
        other events: on one half of them, drawn by `rng`, for the other.

        Raises:
            FusionError: too few events, a label that is no class, a node that never speaks or only of one class, or
                events without any error: nothing could be learnt of how nodes err.
        """
        _check_calibration(heard, labels)
        halves = np.array_split(rng.permutation(len(labels)), 2)
        n_classes = heard.posteriors.shape[2]
        counts = np.bincount(labels, minlength=n_classes) + 1.0
        plain = cls.plain(heard.nodes, counts / counts.sum())

        crossed = list(zip(halves, halves[::-1], strict=True))
        learnt = {ridge: [plain._reliable(heard[a], labels[a], ridge) for a, _ in crossed] for ridge in RIDGES}
        truth = labels[np.concatenate([b for _, b in crossed])]

        def posterior(ridge: float, dependence: float) -> Float64[np.ndarray, "events classes"]:
            """By what was learnt of each half, that of the other."""
            both = zip(learnt[ridge], crossed, strict=True)
            return np.concatenate([replace(each, dependence=dependence).posterior(heard[b]) for each, (_, b) in both])

        ways = list(product(RIDGES, DEPENDENCES.tolist()))
        ridge, dependence = ways[int(np.argmin([log_loss(posterior(*way), truth) for way in ways]))]
        temperature, lapse = _sureness(posterior(ridge, dependence), truth, plain.prior)
        fused = plain._reliable(heard, labels, ridge)
        return replace(fused, dependence=dependence, temperature=temperature, lapse=lapse)

    def _reliable(self, heard: Heard, labels: Int64[np.ndarray, " events"], ridge: float) -> Fusion:
        """Each node's weight and bias, from what it said alone."""
        found = [
            fit_reliability(heard.posteriors[present, i], labels[present], ridge)
            for i, present in enumerate(heard.present.T)
        ]
        weights, biases = zip(*found, strict=True)
        return replace(self, weights=np.array(weights), biases=np.stack(biases))

    def posterior(self, heard: Heard) -> Float64[np.ndarray, "events classes"]:
        """P(class | what all nodes said), rows summing to 1.

        Raises:
            FusionError: nodes or classes that this fusion was not learnt for.
        """
        if heard.nodes != self.nodes or heard.posteriors.shape[2] != len(self.prior):
            came = f"{', '.join(heard.nodes)}; {heard.posteriors.shape[2]} classes"
            raise FusionError(
                f"the reliability of {', '.join(self.nodes)} ({len(self.prior)} classes) is known, these events are of "
                f"{came}: learn it anew"
            )
        log_prior = np.log(self.prior)
        present = heard.present.astype(np.float64)
        n = present.sum(axis=1, keepdims=True)
        logs = np.log(np.maximum(np.where(heard.present[..., None], heard.posteriors, 1.0), LEAST))
        evidence = np.einsum("enc,en->ec", logs, present * self.weights) + present @ self.biases - n * log_prior
        fused = softmax(log_prior + evidence / (1 + (n - 1) * self.dependence))
        fused = fused if self.temperature == 1 else sharpened(fused, self.temperature)
        return np.asarray((1 - self.lapse) * fused + self.lapse * self.prior)


def _sureness(
    posterior: Float64[np.ndarray, "events classes"],
    labels: Int64[np.ndarray, " events"],
    prior: Float64[np.ndarray, " classes"],
) -> tuple[float, float]:
    """The temperature and the lapse under which the labels are likeliest."""
    rows = np.arange(len(labels))
    sharp = np.stack([sharpened(posterior, temperature)[rows, labels] for temperature in TEMPERATURES])
    losses = [-np.log((1 - lapse) * sharp + lapse * prior[labels] + LEAST).mean(axis=1) for lapse in LAPSES]
    lapse, temperature = np.unravel_index(np.argmin(losses), (len(LAPSES), len(TEMPERATURES)))
    return float(TEMPERATURES[temperature]), LAPSES[lapse]


def _check_calibration(heard: Heard, labels: Int64[np.ndarray, " events"]) -> None:
    n_classes = heard.posteriors.shape[2]
    if len(labels) != len(heard) or len(labels) < 2 * n_classes:
        raise FusionError(f"a label for each of at least {2 * n_classes} events wanted, got {len(labels)}")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise FusionError(f"classes 0..{n_classes - 1} wanted, got {labels.min()}..{labels.max()}")
    wrong = (heard.posteriors.argmax(axis=2) != labels[:, None]) & heard.present
    for name, present in zip(heard.nodes, heard.present.T, strict=True):
        if present.sum() < 2 * n_classes:
            raise FusionError(f"{name} speaks of {present.sum()} events; {2 * n_classes} are wanted to learn from")
    if not wrong.any():
        raise FusionError(
            f"no node errs in these {len(labels)} events: nothing can be learnt of how they do; calibrate on more, or "
            "harder, ones that the codec was not trained on"
        )


def fused_predictions(
    posterior: Float64[np.ndarray, "events classes"],
    labels: Int64[np.ndarray, " events"],
    groups: Int64[np.ndarray, " events"] | None = None,
) -> Predictions:
    """Fused events as `calibrate` takes them, to bound the error of what is said of an event.

    The bound holds for new events that are exchangeable with the calibration *events*: drawn alike, each seen by the
    same nodes in the same state and as often missing. Pictures of one event aren't exchangeable with each other, so
    an event counts once, and events of one place or burst share a group. A node that fails more often, or gets worse,
    after calibration voids it.
    """
    return Predictions(posterior.max(axis=1), posterior.argmax(axis=1).astype(np.int64), labels, None, groups)
