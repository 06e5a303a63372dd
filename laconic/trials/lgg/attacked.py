"""Networks trained to withstand, and their errors under attack, noise and corruptions: behind `robustness`."""

from __future__ import annotations

import functools
import json
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.encoder.preact import preact_18
from laconic.geometry import firing, recorded_maps
from laconic.objective import parseval_step, scale_convolutions, smoothness
from laconic.score.activity import ScoreError
from laconic.score.attack import amplitude, fgsm, gaussian_noise, pgd
from laconic.score.corruption import CorruptionErrors, corruption_errors, mce, relative_mce
from laconic.trials.lgg.classifying import (
    CHUNK,
    Classifier,
    Drawn,
    Loss,
    cross_entropy,
    drawn,
    outputs,
    says,
    scaled,
    train,
)
from laconic.trials.trial import Measured, Parameters

SNR_DB, SIGMA, RADIUS, STEPS = 33.0, 0.1, 0.01, 20
STEP_SIZE = 2.5 * RADIUS / STEPS
COUNTS = 0.02
"""What a corruption must add to the baseline's error to enter relative mCE."""

PLAIN = {"gamma": 0.0, "parseval": False}


def measured(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.lgg.robustness.robustness`."""
    baseline = _errors(json.dumps({**parameters, **PLAIN}, sort_keys=True), seed, source)[1]
    found, errors = _errors(json.dumps({**parameters}, sort_keys=True), seed, source)
    return {**found, **against(errors, baseline)}


def against(errors: CorruptionErrors, baseline: CorruptionErrors) -> dict[str, float]:
    """`mce` and `relative_mce` in percent, and of how many corruptions: `mce_of`, `relative_of`.

    mCE leaves out corruptions under which the baseline never errs, relative mCE those that add less than COUNTS to its
    error: a ratio to what can't be told from nothing says nothing.

    Raises:
        ScoreError: none is left.
    """
    added = {name: float(np.mean(found)) - baseline.clean for name, found in baseline.by_corruption.items()}
    erring = [name for name in added if added[name] + baseline.clean > 0]
    harmful = [name for name in added if added[name] >= COUNTS]
    plain = mce(_only(errors, erring), _only(baseline, erring))
    relative = relative_mce(_only(errors, harmful), _only(baseline, harmful))
    return {
        "mce": plain.mean,
        "mce_of": len(erring),
        "relative_mce": relative.mean,
        "relative_of": len(harmful),
    }


def _only(errors: CorruptionErrors, names: list[str]) -> CorruptionErrors:
    if not names:
        raise ScoreError("no corruption harms the baseline: take more pictures, or harder ones")
    return replace(errors, by_corruption={name: errors.by_corruption[name] for name in names})


def trained(parameters: Parameters, seed: int, data: Drawn) -> Classifier:
    """The arm's network. `parseval` and `gamma` as in `robustness`; both may be asked of one network."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = preact_18(data.channels, data.size, parameters["width"], average=parameters["parseval"])
        network = Classifier(backbone, nn.Linear(backbone.units, data.n_classes), data)
    if parameters["parseval"]:
        scale_convolutions(network)
    loss = smooth(backbone.relus, parameters["gamma"]) if parameters["gamma"] else cross_entropy
    step = functools.partial(parseval_step, list(network.parameters())) if parameters["parseval"] else None
    train(network, data, parameters["phases"], seed, loss=loss, after_step=step)
    return network


def smooth(relus: tuple[str, ...], gamma: float) -> Loss:
    """Cross-entropy, and the regulariser over the maps after a ReLU of those pictures that have no silent one."""
    layers = [f"body.backbone.{name}" for name in relus]

    def loss(
        network: Classifier, pictures: Float[Tensor, "batch channels height width"], labels: Int64[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        with recorded_maps(network, layers) as maps:
            said = network(pictures)
        return F.cross_entropy(said, labels) + smoothness(*firing(maps, labels), gamma)

    return loss


@functools.lru_cache(maxsize=2)  # the baseline of a seed, which every arm is compared with, and the arm
def _errors(asked: str, seed: int, source: str) -> tuple[dict[str, float], CorruptionErrors]:
    parameters = json.loads(asked)
    learnt, test = (
        drawn(source, split, parameters[n], seed) for split, n in (("train", "n_train"), ("test", "n_test"))
    )
    network = trained(parameters, seed, learnt)
    images, labels = test.images.cpu().numpy(), test.labels.cpu().numpy()
    n = parameters["n_corrupted"] or len(images)
    errors = corruption_errors(says(network), images[:n], labels[:n], seed=seed)
    found = under_attack(network, test, parameters["n_pgd"], seed)
    train_error = _error(outputs(network, learnt.images), learnt.labels)
    return {**found, "corrupted": 100 * errors.mean, "train": train_error}, errors


def under_attack(network: Classifier, test: Drawn, n_pgd: int, seed: int) -> dict[str, float]:
    """Errors in percent: clean, by FGSM after and before normalisation, by noise, and by PGD on the first `n_pgd`."""
    generator = torch.Generator(test.images.device).manual_seed(seed)
    wrong: dict[str, list[Tensor]] = {name: [] for name in ("clean", "fgsm_after", "fgsm_before", "noise", "pgd")}
    for start in range(0, len(test.images), CHUNK):
        pictures, labels = scaled(test.images[start : start + CHUNK]), test.labels[start : start + CHUNK]
        seen = network.normalised(pictures)
        asked = max(0, min(CHUNK, (n_pgd or len(test.images)) - start))
        pushed = {
            "clean": pictures,
            "fgsm_before": fgsm(network, pictures, labels, amplitude(pictures, SNR_DB)),
            "noise": gaussian_noise(pictures, SIGMA, generator=generator),
        }
        if asked:
            some = pictures[:asked], labels[:asked]
            pushed["pgd"] = pgd(network, *some, RADIUS, steps=STEPS, step_size=STEP_SIZE, generator=generator)
        with torch.no_grad():
            for name, each in pushed.items():
                wrong[name].append(network(each).argmax(1) != labels[: len(each)])
            after = fgsm(network.body, seen, labels, amplitude(seen, SNR_DB), bounds=None)
            wrong["fgsm_after"].append(network.body(after).argmax(1) != labels)
    return {name: 100 * float(torch.cat(each).double().mean()) for name, each in wrong.items()}


def _error(said: Float[Tensor, "n outputs"], labels: Int64[Tensor, " n"]) -> float:
    """Percent of the largest outputs that are at another class's place."""
    return 100 * float((said.argmax(1) != labels).double().mean())
