"""Training runs: the six ways, resuming bit for bit, a fixed time, collapse and its recovery."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import lightning as L
import numpy as np
import pytest
import safetensors.numpy
import torch
from power_cut import PowerCut

from laconic.codec import Codec
from laconic.data import Preprocessing
from laconic.train import WAYS, Recipe, RecipeError, fit

TINY = {"batch_size": 128, "encoder": "cnnw4", "precision": "fp32", "k": 2, "sparsity_weight": 1e-3}


def weights(folder: Path) -> dict[str, np.ndarray]:
    return safetensors.numpy.load_file(folder / "weights.safetensors")


@pytest.mark.parametrize("way", WAYS)
def test_each_of_the_six_ways_gives_a_codec_that_speaks(way: str, tmp_path: Path) -> None:
    objective, sparsity = WAYS[way]
    recipe = Recipe(**{**TINY, "objective": objective, "sparsity": sparsity, "epochs": 2})
    codec = fit("digits", tmp_path / "codec", recipe=recipe)
    has_mask_net = any("mask_net" in name for name in weights(tmp_path / "codec"))
    assert has_mask_net == (sparsity in ("mask", "weighted"))
    measured = codec.manifest["measured"]
    assert measured["accuracy_full"] > 0.3  # chance is 0.1
    assert measured["n"] == 500


def test_the_default_objective_learns_digits(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "encoder": "cnnw8", "epochs": 8, "k": 1})
    measured = fit("digits", tmp_path / "codec", recipe=recipe).manifest["measured"]
    assert measured["accuracy_full"] > 0.9
    assert measured["bits_mean"] < 6


@pytest.mark.parametrize("objective", ["joint", "supcon"])
def test_a_killed_run_resumes_to_the_same_weights_bit_for_bit(objective: str, tmp_path: Path) -> None:
    recipe = Recipe(**TINY, objective=objective, epochs=3, target_bits=4.0)
    fit("digits", tmp_path / "whole", recipe=recipe)
    with pytest.raises(SystemError, match="power cut"):
        fit("digits", tmp_path / "cut", recipe=recipe, callbacks=[PowerCut(step=15)])
    assert not (tmp_path / "cut").exists()
    with pytest.raises(RecipeError, match="continue it with --resume, or remove that folder"):
        fit("digits", tmp_path / "cut", recipe=recipe)
    with pytest.raises(RecipeError, match="started with other settings: k was 2, is 1"):
        fit("digits", tmp_path / "cut", recipe=Recipe(**{**recipe.record(), "k": 1}), resume=True)
    fit("digits", tmp_path / "cut", recipe=recipe, resume=True)
    whole, resumed = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(value, resumed[name], err_msg=name)
    assert Codec.load(tmp_path / "whole").fingerprint == Codec.load(tmp_path / "cut").fingerprint


def test_training_neither_reads_nor_moves_the_global_generator(tmp_path: Path) -> None:
    recipe = Recipe(**TINY, epochs=1)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    fit("digits", tmp_path / "a", recipe=recipe)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    fit("digits", tmp_path / "b", recipe=recipe)
    for name, value in weights(tmp_path / "a").items():
        np.testing.assert_array_equal(value, weights(tmp_path / "b")[name], err_msg=name)


def test_minutes_fix_the_steps_once_and_the_rate_ends_at_zero(tmp_path: Path) -> None:
    rates: list[float] = []

    class Watch(L.Callback):
        def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    codec = fit("digits", tmp_path / "codec", recipe=Recipe(**TINY, minutes=0.15), callbacks=[Watch()])
    (run,) = tmp_path.glob("codec.run/run.json")
    assert codec.manifest["provenance"]["steps"] == len(rates) == json.loads(run.read_text())["n_steps"]
    assert rates[-1] == pytest.approx(0, abs=0.1 / len(rates) * 2)
    assert codec.manifest["provenance"]["seconds"] < 60


def test_patience_ends_a_run_that_does_not_improve(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "learning_rate": 1e-9, "patience": 2, "sparsity": "none"})
    codec = fit("digits", tmp_path / "codec", recipe=recipe)
    epoch = 1168 // 128
    assert codec.manifest["provenance"]["steps"] <= 12 * epoch


def test_a_weight_that_silences_every_unit_is_refused_with_advice(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "sparsity_weight": 1e4, "sparsity_warmup": 0.0, "epochs": 10})
    with pytest.raises(RecipeError, match=r"has silenced the units .* use a smaller --sparsity-weight"):
        fit("digits", tmp_path / "codec", recipe=recipe)
    assert not (tmp_path / "codec").exists()


def test_target_bits_recovers_from_collapse_and_reaches_its_target(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "encoder": "cnnw8", "sparsity_weight": 3.0, "epochs": 60, "target_bits": 4.0})
    codec = fit("digits", tmp_path / "codec", recipe=recipe)
    assert codec.manifest["measured"]["bits_mean"] == pytest.approx(4.0, abs=1.0)


def test_a_codec_replaces_an_older_one_only_when_complete(tmp_path: Path) -> None:
    out = tmp_path / "codec"
    fit("digits", out, recipe=Recipe(**TINY, epochs=1))
    old = (out / "codec.json").read_bytes()
    with pytest.raises(SystemError):
        fit("digits", out, recipe=Recipe(**TINY, epochs=1, seed=1), callbacks=[PowerCut(step=3)])
    assert (out / "codec.json").read_bytes() == old
    fit("digits", out, recipe=Recipe(**TINY, epochs=1, seed=1), resume=True)
    assert (out / "codec.json").read_bytes() != old


def test_a_folder_that_is_no_codec_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(Exception, match="exists and is not a Codec folder"):
        fit("digits", tmp_path / "letters", recipe=Recipe(**TINY, epochs=1))
    assert (tmp_path / "letters" / "a.txt").read_text() == "dear"


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    class Interrupted(L.Callback):
        def on_train_batch_start(self, *_: object) -> None:
            raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(RecipeError, match=r"interrupted; .* continue with --resume"):
            fit("digits", tmp_path / "codec", recipe=Recipe(**TINY, epochs=1), callbacks=[Interrupted()])
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from here on


def test_a_full_disk_is_told_and_the_old_codec_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("[enforce fail] PytorchStreamWriter failed writing file data/0: file write failed")

    fit("digits", tmp_path / "codec", recipe=Recipe(**TINY, epochs=1))
    before = (tmp_path / "codec" / "codec.json").read_bytes()
    monkeypatch.setattr(L.Trainer, "save_checkpoint", full)
    with pytest.raises(RecipeError, match="is the disk full"):
        fit("digits", tmp_path / "codec", recipe=Recipe(**TINY, epochs=1, seed=3))
    assert (tmp_path / "codec" / "codec.json").read_bytes() == before


def test_pictures_that_do_not_fit_into_memory_stream_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe(**TINY, epochs=1)
    fit("digits", tmp_path / "memory", recipe=recipe)
    monkeypatch.setattr("laconic.train.pictures.fits_in_memory", lambda *_: False)
    monkeypatch.setattr(sys.modules["laconic.train.training"], "WORKERS", 1)
    fit("digits", tmp_path / "streamed", recipe=recipe)
    for name, value in weights(tmp_path / "memory").items():
        np.testing.assert_array_equal(value, weights(tmp_path / "streamed")[name], err_msg=name)


def test_balance_weighs_rare_classes_up_and_says_so(tmp_path: Path) -> None:
    codec = fit(
        "site?n=240",
        tmp_path / "codec",
        recipe=Recipe(**TINY, epochs=1, balance=True),
        preprocessing=Preprocessing(32, 24),
    )
    counts = np.array(codec.manifest["class_weights"])
    assert counts[codec.classes.index("empty")] == counts.min() < 0.5 < 2 < counts.max()
