"""Figure 4 of paper 001: what noise on the representation leaves of the accuracy, by how it is quantised.

Every code has a classifier, trained on its clean vectors: levels where they are few, amplitudes at 32 bits. It is
linear, with the weight decay of the paper's SGD, and features are not standardised before: that would weigh a unit by
its rarity, and with it the noise on one that hardly ever fires. Each vector is scaled to a mean power of 1 per
dimension (the paper: "normalized to 1"), so a classifier need not be told how loud it was. The paper's scalar code was
trained with (a straight-through estimator) and has 578 units; here all codes quantise the same features.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from laconic.data import load, open_source, suggest
from laconic.extras import need
from laconic.language import Code, MaxAmp, MaxPro, Scalar, UnfittedCode
from laconic.language.levels import PATTERN_BITS, from_pattern
from laconic.language.maxamp import scatter
from laconic.trials.figures import curves
from laconic.trials.rules import Value, higher
from laconic.trials.trial import Column, Measured, Parameters, Scale, Trial

PAPER = "W. Hua et al., Classification-Driven Discrete Neural Representation Learning for Semantic Communications"
WEIGHT_DECAY, STEPS = 1e-4, 1000
CODES: dict[str, UnfittedCode] = {
    "maxpro": MaxPro(),
    "maxamp": MaxAmp(k=3),
    "scalar": Scalar(),
    "full": MaxPro(threshold=-1.0),
}


def noise(parameters: Parameters, seed: int, source: str) -> Measured:
    """One encoder, and the test accuracy of each code's noisy vectors at each of `snr_db`, in parts of 1.

    `maxpro`, `maxamp`, `scalar` and `full` are curves, `maxpro_mean` and so on their means over the SNRs,
    `maxpro_clean` the accuracy without noise and `maxpro_units` how many dimensions a vector has. Parameters are `way`
    (of `laconic.train.recipe.WAYS`), `recipe`, `n_train` (pictures drawn by the seed; 0 for all), `snr_db` and
    `draws`: how often noise is drawn for each test picture.
    """
    from laconic.train import Recipe, fit
    from laconic.train.recipe import WAYS

    opened = open_source(source)
    split = opened.split("train").sample(parameters["n_train"], seed)
    opened = replace(opened, splits={**opened.splits, "train": split})
    preprocessing = suggest(split)
    objective, sparsity = WAYS[parameters["way"]]
    with TemporaryDirectory() as folder:
        recipe = Recipe(objective=objective, sparsity=sparsity, seed=seed, **parameters["recipe"])
        codec = fit(opened, f"{folder}/codec", recipe=recipe, preprocessing=preprocessing)
    read = {name: load(opened.split(name), preprocessing) for name in ("train", "test")}
    train, test = (codec.features(loaded.images) for loaded in read.values())
    known, truth = (opened.split(name).labels[loaded.rows] for name, loaded in read.items())
    found: dict[str, Any] = {"snr_db": parameters["snr_db"]}
    for name, unfitted in CODES.items():
        code = unfitted.fit(train, known)
        understood = classifier(vectors(code, train), known)
        clean, rng, accuracy = vectors(code, test), np.random.default_rng(seed), []
        for snr_db in parameters["snr_db"]:
            heard = [disturbed(clean, snr_db, rng) for _ in range(parameters["draws"])]
            accuracy.append(np.mean([(understood(vector) == truth).mean() for vector in heard]))
        found |= {name: accuracy, f"{name}_mean": np.mean(accuracy), f"{name}_units": clean.shape[1]}
        found[f"{name}_clean"] = (understood(clean) == truth).mean()
    return found


def vectors(code: Code, features: Float32[np.ndarray, "n units"]) -> Float32[np.ndarray, "n dimensions"]:
    """Each row's word as a vector: a dimension for every unit that a word may name, of unit mean power over them.

    A word of silence is the vector of zeros.
    """
    symbols, alphabet = code.quantise(features), code.alphabet
    few = alphabet.level_bits < PATTERN_BITS
    amplitudes = symbols.levels.astype(np.float32) if few else from_pattern(symbols.levels)
    found = scatter(symbols.units, amplitudes, alphabet.n_units)
    power = np.square(found).mean(axis=1, keepdims=True)
    return np.asarray(found / np.sqrt(np.where(power > 0, power, 1)), dtype=np.float32)


def classifier(
    clean: Float32[np.ndarray, "n dimensions"], labels: Int64[np.ndarray, " n"]
) -> Callable[[Float32[np.ndarray, "m dimensions"]], Int64[np.ndarray, " m"]]:
    """The linear classifier of least mean cross-entropy + WEIGHT_DECAY / 2 |weight|^2, as a function of vectors."""
    model = need("sklearn.linear_model", "data").LogisticRegression(C=1 / (WEIGHT_DECAY * len(clean)), max_iter=STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short of the tolerance after STEPS it is close enough
        model.fit(clean, labels)
    predict: Callable[[np.ndarray], np.ndarray] = model.predict
    return predict


def disturbed(
    clean: Float32[np.ndarray, "n dimensions"], snr_db: float, rng: np.random.Generator
) -> Float32[np.ndarray, "n dimensions"]:
    """Vectors of unit power per dimension with white Gaussian noise at an SNR in dB per dimension."""
    drawn = rng.standard_normal(clean.shape, dtype=np.float32)
    return np.asarray(clean + np.float32(10 ** (-snr_db / 20)) * drawn)


def _arms(n_train: int, draws: int, **recipe: Any) -> dict[str, dict[str, Any]]:
    common = {"n_train": n_train, "draws": draws, "snr_db": list(range(-20, 21, 4)), "recipe": recipe}
    return {way: {"way": way, **common} for way in ("CL-MS", "CL")}


FIG_4 = Trial(
    name="dnrl/fig-4",
    paper=PAPER,
    claim="Of noisy representations MaxPro's is read best, then MaxAmp's, about as well as the plain contrastive one "
    "(CL); that of scalar quantisation is read much worse.",
    rule="over SNRs from -20 to 20 dB on the representation the mean accuracy of MaxPro is above that of MaxAmp, and "
    "that above scalar quantisation's, by the same sparse encoder (CL-MS); MaxAmp beside CL is shown, not judged",
    rules=(
        higher(Value("CL-MS", "maxpro_mean"), Value("CL-MS", "maxamp_mean")),
        higher(Value("CL-MS", "maxamp_mean"), Value("CL-MS", "scalar_mean")),
    ),
    measure=noise,
    scales={
        "smoke": Scale(_arms(0, 8, encoder="cnnw8", epochs=15, batch_size=128, precision="fp32"), seeds=3),
        "reduced": Scale(
            _arms(10_000, 1, encoder="cnnw16", epochs=30, batch_size=256),
            source="",
            data="CIFAR-100 or CIFAR-10 (50,000 training pictures, of which 10,000 are drawn)",
        ),
        "full": Scale(
            _arms(0, 1, encoder="resnet-50", epochs=200, batch_size=512),
            seeds=5,
            source="",
            data="CIFAR-100 (50,000 training pictures)",
        ),
    },
    columns=(
        Column("snr_db", "SNR (dB)", 0),
        *[Column(name, text, 3) for name, text in zip(CODES, ("MaxPro", "MaxAmp", "scalar", "full"), strict=True)],
        *[Column(f"{name}_clean", f"{name}, clean", 3) for name in CODES],
        *[Column(f"{name}_units", f"{name}, units", 0) for name in CODES],
    ),
    figure=curves(
        "snr_db",
        {
            "MaxPro": ("CL-MS", "maxpro"),
            "MaxAmp, K=3": ("CL-MS", "maxamp"),
            "scalar, 3 bits": ("CL-MS", "scalar"),
            "all features": ("CL-MS", "full"),
            "CL, all features": ("CL", "full"),
        },
        "SNR on the representation (dB)",
        "accuracy",
    ),
)
