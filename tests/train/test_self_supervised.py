"""SimCLR and MoCo as ways of training: no labels, no global randomness, the same run after a power cut, bad input."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import lightning as L
import numpy as np
import pytest
import safetensors.numpy
import torch
from power_cut import PowerCut

from laconic.encoder import FeatureEncoder, build_backbone
from laconic.encoder.augment import STRONG_GRAY
from laconic.train import Recipe, RecipeError, fit
from laconic.train.self_supervised import SelfSupervised

TINY = {"batch_size": 128, "encoder": "cnnw4", "precision": "fp32", "queue": 300}
WAYS = list(product(("simclr", "moco"), ("cosine", "jaccard", "two-projectors")))


class Poison(L.Callback):
    """A weight that is no number from some step on."""

    def on_train_batch_start(self, trainer: L.Trainer, module: L.LightningModule, *_: object) -> None:
        if trainer.global_step == 15:
            next(module.parameters()).data.fill_(float("nan"))


class Watched(L.Callback):
    """What the way has measured by the end."""

    def on_train_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:  # noqa: ARG002
        self.knn, self.measured = list(module.knn), module.measured()


def way(objective: str, similarity: str) -> SelfSupervised:
    torch.manual_seed(0)
    encoder = FeatureEncoder(build_backbone("cnnw4", 1, (8, 8)), 1, (8, 8), "none")
    recipe = Recipe(**TINY, objective=objective, similarity=similarity, epochs=1)
    return SelfSupervised(encoder, recipe, STRONG_GRAY, n_steps=20, warmup_steps=0)


def images(n: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, (n, 8, 8, 1), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def step(module: SelfSupervised, labels: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return module.loss(images(len(labels)), labels, torch.Generator().manual_seed(seed))[0]


@pytest.mark.parametrize(("objective", "similarity"), WAYS)
def test_neither_labels_nor_global_randomness_play_a_part(objective: str, similarity: str) -> None:
    losses = []
    for labels in (torch.zeros(32, dtype=torch.long), torch.arange(32)):
        module = way(objective, similarity)
        state = torch.get_rng_state()
        losses.append([step(module, labels, seed).item() for seed in range(3)])
        assert torch.equal(torch.get_rng_state(), state)
    assert losses[0] == losses[1]
    assert losses[0][1] > 0


@pytest.mark.parametrize(("objective", "similarity"), WAYS)
def test_every_weight_but_the_followers_learns(objective: str, similarity: str) -> None:
    module = way(objective, similarity)
    labels = torch.zeros(32, dtype=torch.long)
    step(module, labels)
    step(module, labels, seed=1).backward()  # MoCo's first batch has no negatives
    for name, parameter in module.named_parameters():
        learns = parameter.grad is not None and bool((parameter.grad != 0).any())
        assert learns != name.startswith("key_"), name
    assert len(module.projectors.each) == (1 if similarity == "cosine" else 2)


def test_the_queue_takes_the_keys_and_the_followers_follow() -> None:
    module = way("moco", "jaccard")
    labels = torch.zeros(32, dtype=torch.long)
    for seed in range(12):
        step(module, labels, seed)
    rows = module.queue.rows()
    assert rows.shape == (300, 256)
    torch.testing.assert_close(rows.view(300, 2, 128).norm(dim=2), torch.ones(300, 2))
    with torch.no_grad():
        module.encoder.backbone.stem[0].weight.add_(1)
    step(module, labels)
    moved = module.key_encoder.network.backbone.stem[0].weight - module.encoder.backbone.stem[0].weight
    torch.testing.assert_close(moved, torch.full_like(moved, -12 / 13))


def test_a_killed_run_resumes_to_the_same_weights_and_queue_bit_for_bit(tmp_path: Path) -> None:
    recipe = Recipe(**TINY, objective="moco", similarity="jaccard", epochs=2)
    first, second = Watched(), Watched()
    fit("digits", tmp_path / "whole", recipe=recipe, callbacks=[first])
    with pytest.raises(SystemError, match="power cut"):
        fit("digits", tmp_path / "cut", recipe=recipe, callbacks=[PowerCut(15)])
    fit("digits", tmp_path / "cut", recipe=recipe, resume=True, callbacks=[second])
    whole, cut = (safetensors.numpy.load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "cut"))
    assert whole.keys() == cut.keys() >= {"queue.places", "queue.added", "key_encoder.updates"}
    for name, value in whole.items():
        np.testing.assert_array_equal(value, cut[name], err_msg=name)
    assert first.knn == second.knn
    assert len(first.knn) == recipe.epochs
    stored = json.loads((tmp_path / "whole" / "codec.json").read_text())["measured"]
    assert {"knn_last": first.knn[-1], "knn_best": max(first.knn), "knn_curve": first.knn}.items() <= stored.items()


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    recipe = Recipe(**TINY, objective="simclr", similarity="jaccard", epochs=3)
    with pytest.raises(RecipeError, match="the loss became nan at step 15; the last good checkpoint is kept"):
        fit("digits", tmp_path / "codec", recipe=recipe, callbacks=[Poison()])
    assert (tmp_path / "codec.run" / "last.ckpt").exists()
    assert json.loads((tmp_path / "codec.run" / "run.json").read_text())["n_steps"] > 15
    assert not (tmp_path / "codec").exists()


def test_refuses_a_queue_larger_than_the_data(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "queue": 5000}, objective="moco", epochs=1)
    with pytest.raises(RecipeError, match=r"a queue of 5000 rows is larger than the data, \d+ training pictures"):
        fit("digits", tmp_path / "codec", recipe=recipe)


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "similarity"), WAYS)
def test_neighbours_know_digits_that_were_never_labelled(objective: str, similarity: str, tmp_path: Path) -> None:
    recipe = Recipe(
        **{**TINY, "encoder": "cnnw16", "queue": 512}, objective=objective, similarity=similarity, epochs=40
    )
    watched = Watched()
    fit("digits", tmp_path / "codec", recipe=recipe, callbacks=[watched])
    assert watched.measured["knn_last"] > 0.85  # an untrained encoder's is about 0.6
