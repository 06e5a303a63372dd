"""Training without labels by disentangling: clusters of digits, both forms, resuming bit for bit, bad input."""

from __future__ import annotations

import json
import sys
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
from laconic.train.disentangle import Disentangled

TINY = {
    "objective": "disentangle",
    "batch_size": 128,
    "encoder": "cnnw4",
    "precision": "fp32",
    "clusters": 10,
    "queue": 500,
    "tries": 1,
}


def way(**given: object) -> Disentangled:
    torch.manual_seed(0)
    encoder = FeatureEncoder(build_backbone("cnnw4", 1, (8, 8)), 1, (8, 8), "none")
    return Disentangled(encoder, Recipe(**{**TINY, **given}), STRONG_GRAY, n_steps=3, warmup_steps=0)


def pictures(n: int = 64) -> torch.Tensor:
    return torch.randint(0, 256, (n, 8, 8, 1), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def step(module: Disentangled, seed: int) -> torch.Tensor:
    labels = torch.zeros(64, dtype=torch.long)
    return module.loss(pictures(), labels, torch.Generator().manual_seed(seed))[0]


def test_the_codecs_head_is_phi_after_psi() -> None:
    module = way().eval()
    features = torch.rand(7, module.encoder.units, generator=torch.Generator().manual_seed(2))
    weight, bias = module.cluster_head()
    torch.testing.assert_close(features @ weight.T + bias, module.phi(module.psi(features)).detach())


def test_clusters_begin_at_centres_of_what_the_memory_holds() -> None:
    module = way()
    step(module, 0)
    assert not bool(module.clustered)
    rows = module.memory.held()
    step(module, 1)
    assert bool(module.clustered)
    found = module.phi(rows).argmax(dim=1)
    assert len(found.unique()) == 10
    first = module.memory.tags >= 0
    assert (module.phi(module.memory.rows[first]).argmax(dim=1) == module.memory.tags[first]).all()


@pytest.mark.parametrize("discrimination", ["consistency", "literal"])
def test_without_balance_only_consistency_moves_the_boundaries(discrimination: str) -> None:
    module = way(discrimination=discrimination, balance_weight=0.0)
    step(module, 0)
    torch.autograd.backward(step(module, 1))
    gradient = module.phi.weight.grad
    assert (gradient is not None and bool((gradient != 0).any())) == (discrimination == "consistency")
    assert module.psi.weight.grad is not None
    assert all(p.grad is None for p in module.momentum_encoder.parameters())


def test_labels_are_not_looked_at() -> None:
    first, second = way(), way()
    for number in range(3):
        generator = torch.Generator().manual_seed(number)
        ours = first.loss(pictures(), torch.zeros(64, dtype=torch.long), generator)[0]
        generator = torch.Generator().manual_seed(number)
        theirs = second.loss(pictures(), torch.arange(64) % 10, generator)[0]
        assert torch.equal(ours, theirs)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run on the digits, without their labels."""
    out = tmp_path_factory.mktemp("disentangled") / "codec"
    fit("digits", out, recipe=Recipe(**TINY, epochs=6))
    return out


def test_a_killed_run_resumes_to_the_same_weights_and_memory(whole: Path, tmp_path: Path) -> None:
    """It is killed after the clusters have begun, in the first quarter of the run."""
    recipe = Recipe(**TINY, epochs=6)
    with pytest.raises(SystemError, match="power cut"):
        fit("digits", tmp_path / "cut", recipe=recipe, callbacks=[PowerCut(step=32)])
    fit("digits", tmp_path / "cut", recipe=recipe, resume=True)
    ours, theirs = (safetensors.numpy.load_file(out / "weights.safetensors") for out in (whole, tmp_path / "cut"))
    assert ours.keys() == theirs.keys()
    assert {"memory.rows", "memory.tags"} <= ours.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def test_refuses_a_memory_larger_than_the_data(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "queue": 5000}, epochs=1)
    with pytest.raises(RecipeError, match=r"a queue of 5000 rows is larger than the data, \d+ training pictures"):
        fit("digits", tmp_path / "codec", recipe=recipe)


def test_of_several_tries_the_half_of_lower_held_out_loss_goes_on_until_one_ends(tmp_path: Path) -> None:
    watched = Watched()
    recipe = Recipe(**{**TINY, "epochs": 3, "tries": 4}, seed=1)
    codec = fit("digits", tmp_path / "codec", recipe=recipe, callbacks=[watched])
    runs = [json.loads((tmp_path / f"codec.run/try-{i}.run/run.json").read_text()) for i in range(4)]
    assert [run["asked"]["seed"] for run in runs] == [4, 5, 6, 7]
    losses = [run["held_losses"] for run in runs]
    first = sorted(range(4), key=lambda i: losses[i][0])
    assert [len(losses[i]) for i in first] == [2, 2, 1, 1]
    epoch = watched.ended[0]
    assert watched.began == [0, 0, 0, 0, epoch, epoch, 2 * epoch]
    assert watched.ended == [*4 * [epoch], *2 * [2 * epoch], 3 * epoch]
    best = min(first[:2], key=lambda i: losses[i][1])
    assert (tmp_path / f"codec.run/try-{best}.run/tensorboard").is_dir()
    assert codec.manifest["measured"]["held_loss"] not in losses[best]
    assert not list((tmp_path / "codec.run").rglob("last.ckpt"))


def test_a_run_that_stops_at_a_third_and_goes_on_is_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(**{**TINY, "epochs": 3})
    whole = fit("digits", tmp_path / "whole", recipe=recipe)
    in_two = lambda recipe, run, train, began: [train(recipe, run, began, part) for part in (1 / 3, 1.0)][1]  # noqa: E731
    monkeypatch.setattr(sys.modules["laconic.train.fit"], "best_of", in_two)
    assert fit("digits", tmp_path / "two", recipe=recipe).fingerprint == whole.fingerprint


def test_tries_go_on_where_they_were_cut(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "epochs": 2, "tries": 2})
    whole = fit("digits", tmp_path / "whole", recipe=recipe)
    with pytest.raises(RecipeError, match="interrupted"):
        fit("digits", tmp_path / "cut", recipe=recipe, callbacks=[KilledInTry(1)])
    resumed = fit("digits", tmp_path / "cut", recipe=recipe, resume=True)
    assert resumed.fingerprint == whole.fingerprint


class Watched(L.Callback):
    """At which steps runs began and ended."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.ended: list[int] = []

    def on_train_start(self, trainer: L.Trainer, *_: object) -> None:
        self.began.append(trainer.global_step)

    def on_train_end(self, trainer: L.Trainer, *_: object) -> None:
        self.ended.append(trainer.global_step)


class KilledInTry(L.Callback):
    """Ends a run as Ctrl-C would, when a later try begins."""

    def __init__(self, number: int) -> None:
        self.left = number

    def on_train_start(self, *_: object) -> None:
        self.left -= 1
        if self.left < 0:
            raise SystemExit(1)
