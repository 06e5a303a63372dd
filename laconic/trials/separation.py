"""What separating learnable from memorizable data saves: the measure of `disentangle/fig-2` and `fig-3` (paper 000).

Three arms say the same data, at the same fidelity:

    classical   every picture by a cosine transform: no language
    vanilla     a language of all data: clusters of an encoder trained without labels (`way` moco), all data said
    proposed    a language of learnable data: clusters of `way` disentangle, the least confident of which are sent
                classically

The encoder is trained once, on all classes and the planted memorizable pictures; then, frozen, it meets sources of
growing content complexity: more classes and a larger part of memorizable pictures. At each of these a language is
built on training pictures and measured on test pictures. docs/guides/measures.md defines every number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from laconic.data import Preprocessing, Source, Split, load, open_source, suggest
from laconic.data.noise import planted
from laconic.score.clustering import score_clustering
from laconic.score.confidence import Confidence, confidence, learnable_auroc, mean_pictures, regeneration
from laconic.score.semantic import Economy, ResidualCode, content_complexity, cosine_basis, economy
from laconic.trials.trial import Measured, Parameters

Opinions: TypeAlias = dict[str, Float64[np.ndarray, "n clusters"]]
"""Pictures' probabilities of the clusters: the `classifier`'s, and the `memory`'s where the way has one."""

Clustering: TypeAlias = Callable[[UInt8[np.ndarray, "n height width channels"]], Opinions]

TEST_SEED = 1_000_000  # apart from the training pictures' noise


@dataclass(frozen=True, eq=False)
class Data:
    """Pictures of one split, some memorizable, and what an encoder says of their clusters."""

    pixels: Float64[np.ndarray, "n dims"]
    labels: Int64[np.ndarray, " n"]
    memorizable: Bool[np.ndarray, " n"]
    opinions: Opinions

    @property
    def clusters(self) -> Int64[np.ndarray, " n"]:
        """Each picture's most probable cluster, to the classifier."""
        return np.asarray(self.opinions["classifier"].argmax(axis=1))

    @property
    def n_clusters(self) -> int:
        """How many clusters there are, said or not."""
        return int(self.opinions["classifier"].shape[1])

    def source(self, n_classes: int, part: float) -> Data:
        """The first `n_classes` classes, and as many memorizable pictures as make up this part of all.

        >>> labels, noise = np.arange(10) % 2, np.arange(10) >= 6
        >>> data = Data(np.zeros((10, 1)), labels, noise, {"classifier": np.ones((10, 1))})
        >>> data.source(1, 0.25).memorizable.tolist()
        [False, False, False, True]
        """
        learnable = np.flatnonzero(~self.memorizable & (self.labels < n_classes))
        others = np.flatnonzero(self.memorizable)[: round(part / (1 - part) * len(learnable))]
        rows = np.concatenate([learnable, others])
        opinions = {name: probabilities[rows] for name, probabilities in self.opinions.items()}
        return Data(self.pixels[rows], self.labels[rows], self.memorizable[rows], opinions)


def separation(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: an encoder trained by `way` (none for classical), and its economy at every point of the `sweep`.

    Parameters are `way`, `recipe` (of `laconic.train.Recipe`), `n_train` (pictures; 0 for all), `memorizable` (the
    part planted), `kind` of memorizable pictures, `psnr_db` (the fidelity), `sweep` ([classes, part memorizable]).
    """
    opened = open_source(source)
    (train, train_flags), (test, test_flags) = _planted(opened, parameters, seed)
    preprocessing = suggest(train)
    mixed = Source(opened.name, opened.class_names, {"train": train, "test": test})
    clustering = _clustering(parameters, seed, mixed)
    learn = _data(train, train_flags, preprocessing, clustering)
    measure = _data(test, test_flags, preprocessing, clustering)
    means = mean_pictures(learn.pixels, learn.clusters, learn.n_clusters)
    sure = regeneration(learn.pixels, learn.clusters, means)
    said = _said_clusters(sure, parameters)
    shape = preprocessing.shape
    points = [_point(learn, measure, n, part, said, shape, parameters) for n, part in parameters["sweep"]]
    curves = {key: [point[key] for point in points] for key in points[0]}
    return {**curves, **({} if parameters["way"] is None else _separated(learn, measure, means, sure, said))}


def _planted(source: Source, parameters: Parameters, seed: int) -> list[tuple[Split, Bool[np.ndarray, " n"]]]:
    train, test = source.split("train").sample(parameters["n_train"], seed), source.split("test")
    part, kind = parameters["memorizable"], parameters["kind"]
    return [planted(train, part, kind, seed), planted(test, part, kind, seed + TEST_SEED)]


def _clustering(parameters: Parameters, seed: int, source: Source) -> Clustering:
    """What says P(cluster) of pictures [n, height, width, channels]; without a `way` all are alike."""
    if parameters["way"] is None:
        return lambda images: {"classifier": np.ones((len(images), 1))}
    from laconic.train import Recipe, fit
    from laconic.trials.trained import Trained

    recipe = Recipe(objective=parameters["way"], seed=seed, **parameters["recipe"])
    trained = Trained()
    with TemporaryDirectory() as folder:
        codec = fit(source, f"{folder}/codec", recipe=recipe, callbacks=[trained])
    speech = codec.speeches["full"]

    def opinions(images: UInt8[np.ndarray, "n height width channels"]) -> Opinions:
        found = {"classifier": speech.posterior(speech.say(codec.features(images)))}
        return {**found, "memory": trained.memory_says(images)} if recipe.objective == "disentangle" else found

    return opinions


def _data(
    split: Split, memorizable: Bool[np.ndarray, " n"], preprocessing: Preprocessing, clustering: Clustering
) -> Data:
    loaded = load(split, preprocessing)
    pixels = loaded.images.reshape(len(loaded.images), -1) / 255.0
    return Data(pixels, split.labels[loaded.rows], memorizable[loaded.rows], clustering(loaded.images))


def _said_clusters(sure: Confidence, parameters: Parameters) -> Bool[np.ndarray, " clusters"]:
    """Which clusters are said. Proposed: all but the least confident, whose share of the data is nearest the planted.

    Confidence ranks them and the labels are not looked at; that the planted part is known is what the paper calls
    the lowest tolerable confidence, chosen by the source's complexity.
    """
    said = np.ones(len(sure.by_cluster), bool)
    if parameters["way"] == "disentangle":
        shares = np.bincount(sure.clusters, minlength=len(said)) / len(sure.clusters)
        sent = np.concatenate([[0.0], np.cumsum(shares[sure.ranking[::-1]])])
        said[sure.ranking[::-1][: int(np.abs(sent - parameters["memorizable"]).argmin())]] = False
    elif parameters["way"] is None:
        said[:] = False
    return said


def _point(
    learn: Data,
    measure: Data,
    n_classes: int,
    part: float,
    said_clusters: Bool[np.ndarray, " clusters"],
    shape: tuple[int, int, int],
    parameters: Parameters,
) -> dict[str, Any]:
    """One source of the sweep: languages built on its training pictures, measured on its test pictures."""
    learn, measure = learn.source(n_classes, part), measure.source(n_classes, part)
    distortion = 10 ** (-parameters["psnr_db"] / 10)
    one, alike = np.zeros(len(learn.pixels), np.int64), np.zeros(len(measure.pixels), np.int64)
    classical = ResidualCode.fit(learn.pixels, one, 1, cosine_basis(*shape))
    classical_bits = classical.bits(measure.pixels, alike, distortion)
    taught, said = said_clusters[learn.clusters], said_clusters[measure.clusters]
    bits, errors = classical_bits, classical.error(measure.pixels, alike, distortion)
    if taught.any():
        language = ResidualCode.fit(learn.pixels[taught], learn.clusters[taught], len(said_clusters))
        bits = language.bits(measure.pixels, measure.clusters, distortion)
        errors = np.where(said, language.error(measure.pixels, measure.clusters, distortion), errors)
    found: Economy = economy(bits, classical_bits, said & taught.any())
    mix = np.bincount(measure.labels[~measure.memorizable]) / (~measure.memorizable).sum()
    n_memorizable = max(1, int(measure.memorizable.sum()))
    return {
        "complexity": content_complexity(mix, float(measure.memorizable.mean()), n_memorizable),
        "psnr_db": -10 * math.log10(errors.mean()),
        **vars(found),
    }


def _separated(
    learn: Data,
    measure: Data,
    means: Float64[np.ndarray, "clusters dims"],
    sure: Confidence,
    said: Bool[np.ndarray, " clusters"],
) -> dict[str, float]:
    """How well confidence tells learnable test pictures from memorizable ones, and clusters fit classes.

    A cluster's confidence is its training pictures' (`sure`, by regeneration); beside it stand those that the
    classifier's and the memory's own probabilities give.
    """
    learnable = ~measure.memorizable
    by_picture = regeneration(measure.pixels, measure.clusters, means).by_picture
    found = {
        "auroc_by_cluster": learnable_auroc(sure.by_cluster[measure.clusters], learnable),
        "auroc_by_picture": learnable_auroc(by_picture, learnable),
        "purity": score_clustering(measure.clusters[learnable], measure.labels[learnable]).purity,
        "learnable_said": float(said[measure.clusters][learnable].mean()),
        "memorizable_said": float(said[measure.clusters][~learnable].mean()),
    }
    for name, probabilities in measure.opinions.items():
        own, by_cluster = confidence(probabilities), confidence(learn.opinions[name]).by_cluster
        found[f"auroc_{name}_by_cluster"] = learnable_auroc(by_cluster[own.clusters], learnable)
        found[f"auroc_{name}_by_picture"] = learnable_auroc(own.by_picture, learnable)
    return found
