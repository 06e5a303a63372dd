"""What learning without labels reaches and costs: the measures of `jaccard/table-1`, `fig-2` and `table-2` (paper 004).

Arms differ in `objective` (simclr or moco) and `similarity`: cosine is the plain method, jaccard the paper's, and
two-projectors the control that the paper lacks, both projectors without the Jaccard term.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from laconic.data import Preprocessing, Source, Split, load, open_source, suggest
from laconic.trials.trial import Measured, Parameters
from laconic.trials.turns import in_turns

if TYPE_CHECKING:
    from laconic.codec import Codec
    from laconic.train import Recipe

DRAWN = 2048  # pictures of which batches are made where only time counts


def learnt(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: an encoder trained without labels, and what its features know of them, in parts of 1.

    `knn` and `linear` are of all test pictures by the last epoch's encoder; `knn_curve` is the k-NN accuracy of
    held-out training pictures after each epoch, `knn_best` its highest, `knn_mean` its mean: how fast was learnt.
    Parameters are `recipe` (of `laconic.train.Recipe`) and `n_train` (pictures drawn by the seed; 0 for all).
    """
    import torch

    from laconic.score.neighbours import knn_accuracy
    from laconic.train import Recipe, fit
    from laconic.train.probe import fit_linear

    opened = _drawn(open_source(source), parameters["n_train"], seed)
    preprocessing = suggest(opened.split("train"))
    with TemporaryDirectory() as folder:
        recipe = Recipe(seed=seed, **parameters["recipe"])
        codec = fit(opened, f"{folder}/codec", recipe=recipe, preprocessing=preprocessing)
    (bank, known), (asked, truth) = (_features(codec, opened.split(name), preprocessing) for name in ("train", "test"))
    weight, bias = fit_linear(bank, known, np.ones(len(opened.class_names)))
    knn = knn_accuracy(
        torch.from_numpy(bank), torch.from_numpy(known), torch.from_numpy(asked), torch.from_numpy(truth)
    )
    curve = codec.manifest["measured"]["knn_curve"]
    return {
        "knn": knn,
        "linear": float(((asked @ weight.T + bias).argmax(axis=1) == truth).mean()),
        "knn_curve": curve,
        "knn_best": max(curve),
        "knn_mean": statistics.fmean(curve),
        "epoch": list(range(1, len(curve) + 1)),
    }


def step_time(parameters: Parameters, seed: int, source: str) -> Measured:
    """`ratio`: how many times as long as the plain method's a training step of this arm takes; `seconds`, its own.

    The two take turns in one process on the same batches, and the median over rounds counts, so that the machine's
    moods cancel. Time is the process's CPU time; where there is a GPU, time on the clock. Parameters are `recipe`
    and `rounds`.
    """
    from laconic.train import Recipe

    train = open_source(source).split("train")
    images = load(train.sample(DRAWN, seed), suggest(train)).images
    recipe = Recipe(seed=seed, **parameters["recipe"])
    arm, plain = Stepper(recipe, images), Stepper(replace(recipe, similarity="cosine"), images)
    return in_turns(arm.step, plain.step, parameters["rounds"])


class Stepper:
    """Training steps of one way without labels, as its runs take them: loss, backward, clipping, optimizer."""

    def __init__(self, recipe: Recipe, images: UInt8[np.ndarray, "n height width channels"]) -> None:
        import torch

        from laconic.encoder import FeatureEncoder, build_backbone
        from laconic.encoder.augment import STRONG, STRONG_GRAY
        from laconic.train.self_supervised import SelfSupervised

        _, height, width, channels = images.shape
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            backbone = build_backbone(str(recipe.encoder), channels, (height, width))
            encoder = FeatureEncoder(backbone, channels, (height, width), recipe.mask)
            augmentation = STRONG if channels == 3 else STRONG_GRAY
            module = SelfSupervised(encoder, recipe, augmentation, n_steps=None, warmup_steps=0)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.module = module.to(self.device, memory_format=torch.channels_last).train()
        self.optimizer = self.module.configure_optimizers()["optimizer"]
        self.images = images
        self.generator = torch.Generator(self.device).manual_seed(recipe.seed)
        self.rng = np.random.default_rng(recipe.seed)

    def step(self) -> None:
        """One step on a batch that is drawn anew."""
        import torch

        from laconic.train.training import CLIP

        rows = self.rng.integers(len(self.images), size=self.module.recipe.batch_size)
        images = torch.from_numpy(self.images[rows]).to(self.device)
        labels = torch.zeros(len(rows), dtype=torch.long, device=self.device)
        self.optimizer.zero_grad()
        loss, _, _ = self.module.loss(images, labels, self.generator)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), CLIP)
        self.optimizer.step()


def _drawn(source: Source, n: int, seed: int) -> Source:
    """The source with `n` of its training pictures, drawn by the seed; all with 0."""
    return replace(source, splits={**source.splits, "train": source.split("train").sample(n, seed)})


def _features(
    codec: Codec, split: Split, preprocessing: Preprocessing
) -> tuple[Float32[np.ndarray, "n units"], Int64[np.ndarray, " n"]]:
    loaded = load(split, preprocessing)
    return codec.features(loaded.images), split.labels[loaded.rows]
