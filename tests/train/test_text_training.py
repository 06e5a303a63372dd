"""Training on texts: the ONNX network is torch's, three penalties, resuming with dropout, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from power_cut import PowerCut

from laconic.codec import Codec
from laconic.codec.session import Session
from laconic.data import IntakeError, SourceError, open_source
from laconic.encoder import TextEncoder
from laconic.train import Recipe, RecipeError, choose_text, fit, text_recipe
from laconic.train.export import export_onnx, picked_units, prune_onnx

TINY = {"encoder": "bilstm-1w4", "epochs": 1, "batch_size": 32}
SOURCE = "remarks?n=90"


@pytest.mark.parametrize("name", ["bilstm-1w4", "bilstmw3"])
@pytest.mark.parametrize("mask", ["none", "map", "vector"])
def test_onnx_runtime_computes_what_torch_does(name: str, mask: str) -> None:
    torch.manual_seed(0)
    encoder = TextEncoder(name, 30, mask).eval()  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 30, (9, 12)).astype(np.uint16)
    tokens[np.arange(12) >= rng.integers(1, 13, 9)[:, None]] = 0
    with torch.no_grad():
        wanted = encoder(torch.from_numpy(tokens)).numpy()
    network = export_onnx(encoder, (12,), torch.arange(encoder.units))
    session = Session(network)
    assert (session.shape, session.units) == ((12,), encoder.units)
    np.testing.assert_allclose(session(tokens), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(session(tokens[:1]), wanted[:1], rtol=1e-5, atol=1e-6)
    kept = np.array([1, 4])
    pruned = prune_onnx(network, kept)
    np.testing.assert_array_equal(picked_units(pruned), kept)
    np.testing.assert_allclose(Session(pruned)(tokens), wanted[:, kept], rtol=1e-5, atol=1e-6)


def test_the_suited_recipe_is_table_6s_but_for_the_size() -> None:
    recipe = text_recipe(epochs=1)
    told = (recipe.objective, recipe.encoder, recipe.optimizer, recipe.peak_rate, recipe.weight_decay)
    assert told == ("cross-entropy", "bilstm-1w64", "adam", 0.005, 0.0)
    assert text_recipe(objective="joint", learning_rate=0.1).peak_rate == 0.1


@pytest.mark.parametrize(
    ("objective", "sparsity", "views"),
    [
        ("cross-entropy", "feature", 1),
        ("joint", "weighted", 2),
    ],
)
def test_the_penalties_and_the_joint_objective_train(objective: str, sparsity: str, views: int, tmp_path: Path) -> None:
    recipe = text_recipe(**TINY, objective=objective, sparsity=sparsity, views=views)
    codec = fit(SOURCE, tmp_path / "codec", recipe=recipe)
    stored = safetensors.numpy.load_file(tmp_path / "codec/weights.safetensors")
    assert any("mask_net" in name for name in stored) == (sparsity in ("mask", "weighted"))
    assert codec.manifest["measured"]["n"] == 30
    assert codec.manifest["preprocessing"] == {"kind": "text", "length": 200, "least_known": 0.5}


def test_the_vocabulary_is_the_training_splits(remarks_folder: Path) -> None:
    codec, split = Codec.load(remarks_folder), open_source("remarks?n=300").split("train")
    assert codec.preprocessing == choose_text(split)
    assert codec.manifest["measured"]["accuracy_full"] > 0.75  # the best possible is some 0.9


def test_a_killed_run_resumes_to_the_same_weights_though_words_drop_out(tmp_path: Path) -> None:
    recipe = text_recipe(**{**TINY, "epochs": 3})
    torch.manual_seed(1)
    before = torch.get_rng_state()
    fit(SOURCE, tmp_path / "whole", recipe=recipe)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    with pytest.raises(SystemError, match="power cut"):
        fit(SOURCE, tmp_path / "cut", recipe=recipe, callbacks=[PowerCut(step=2)])
    fit(SOURCE, tmp_path / "cut", recipe=recipe, resume=True)
    whole, cut = (safetensors.numpy.load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "cut"))
    for name, value in whole.items():
        np.testing.assert_array_equal(value, cut[name], err_msg=name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objective": "simclr"}, "objective 'simclr' learns from views of pictures; texts have joint, cross-entropy"),
        ({"augment": "strong"}, "augment 'strong' varies pictures"),
        ({"adversarial": 0.1}, "adversarial moves pixels"),
        ({"sensor_noise": (0.0, 24.0)}, "sensor_noise is that of pictures"),
        ({"smooth": 0.1}, "smooth compares layers"),
        ({"parseval": True}, "parseval is for convolutional networks"),
        ({"precision": "bf16"}, "an LSTM is trained in fp32"),
        ({"encoder": torch.nn.Flatten()}, "an encoder of one's own is for pictures"),
    ],
)
def test_what_is_for_pictures_is_refused(given: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=rf"remarks\?n=90 holds texts: {message}"):
        fit(SOURCE, tmp_path / "codec", recipe=text_recipe(**{**TINY, **given}))
    assert list(tmp_path.iterdir()) == []


def test_texts_without_labels_are_refused(tmp_path: Path) -> None:
    source = replace(open_source(SOURCE), class_names=())
    with pytest.raises(RecipeError, match="holds texts: these are trained with labels, and it has none"):
        fit(source, tmp_path / "codec", recipe=text_recipe(**TINY))


def test_pictures_and_texts_keep_their_own_preprocessing(tmp_path: Path) -> None:
    split = open_source(SOURCE).split("train")
    with pytest.raises(SourceError, match="train holds pictures, and texts are wanted here"):
        fit("digits", tmp_path / "codec", recipe=Recipe(epochs=1), preprocessing=choose_text(split))
    for wrong in ({"size": "8x8"}, {"fit": "crop"}, {"color": "gray"}):
        with pytest.raises(IntakeError, match="train holds texts, which have no size, fit and color"):
            choose_text(split, **wrong)  # type: ignore[arg-type]
