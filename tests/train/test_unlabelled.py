"""Sources without labels, and clusters: what is refused before training, and codecs that say clusters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from laconic.codec import Codec
from laconic.codec.limits import Limits
from laconic.codec.teach import TeachError, calibrate_codec, name_clusters
from laconic.data import Source, open_source
from laconic.language import Decision
from laconic.train import Recipe, RecipeError, fit

TINY = {"batch_size": 128, "encoder": "cnnw4", "precision": "fp32", "epochs": 2, "clusters": 12}


@pytest.fixture(scope="module")
def heap() -> Source:
    """The digits without their labels."""
    digits = open_source("digits")
    splits = {name: replace(split, labels=np.zeros_like(split.labels)) for name, split in digits.splits.items()}
    return Source("heap", (), splits)


@pytest.mark.parametrize("objective", ["joint", "cross-entropy", "supcon"])
def test_an_objective_that_needs_labels_says_so(objective: str, heap: Source, tmp_path: Path) -> None:
    text = (
        rf"heap has no labels, which the objective '{objective}' needs; use --objective simclr or moco or disentangle"
    )
    with pytest.raises(RecipeError, match=text):
        fit(heap, tmp_path / "codec", recipe=Recipe(objective=objective, epochs=1))


def test_without_labels_somebody_says_how_many_clusters(heap: Source, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="heap has no labels: say how many clusters are wanted, --clusters M"):
        fit(heap, tmp_path / "codec", recipe=Recipe(objective="simclr", epochs=1))


def test_pictures_that_are_all_alike_make_no_clusters(heap: Source, tmp_path: Path) -> None:
    alike = {name: split.subset(np.zeros(200, np.int64)) for name, split in heap.splits.items()}
    recipe = Recipe(**TINY, objective="disentangle", tries=1, queue=100)
    with pytest.raises(RecipeError, match=r"all 180 training pictures fell into one of 12 clusters, .* --seed"):
        fit(replace(heap, splits=alike), tmp_path / "codec", recipe=recipe)
    assert not (tmp_path / "codec").exists()


def test_clusters_have_no_error_to_bound(heap: Source, tmp_path: Path) -> None:
    recipe = Recipe(**TINY, objective="simclr")
    with pytest.raises(RecipeError, match=r"no right or wrong until they are named: .* laconic name, then laconic cal"):
        fit(heap, tmp_path / "codec", recipe=recipe, limits=Limits(0.1))
    assert not (tmp_path / "codec.run").exists()


@pytest.mark.parametrize("objective", ["simclr", "disentangle"])
def test_an_unlabelled_codec_says_clusters_and_is_named_and_calibrated_later(
    objective: str, heap: Source, tmp_path: Path
) -> None:
    codec = fit(heap, tmp_path / "codec", recipe=Recipe(**TINY, objective=objective))
    n = len(codec.classes)
    assert 2 <= n <= 12
    assert codec.classes == tuple(f"cluster {i}" for i in range(n))
    assert isinstance(codec.said.language.code, Decision)
    measured = codec.manifest["measured"]
    assert measured["n"] == 500
    assert sum(measured["clusters"]) == pytest.approx(1)
    assert "accuracy" not in measured  # nothing to compare with
    digits = open_source("digits")
    train, test = digits.split("train"), digits.split("test")
    pictures = [test.picture(row) for row in range(100)]
    packets = codec.encode(pictures)
    with pytest.raises(TeachError, match=r"this codec knows the classes cluster 0, .* named first: laconic name"):
        calibrate_codec(tmp_path / "codec", codec, digits, Limits(0.5))
    naming = name_clusters(tmp_path / "codec", codec, digits, examples=10, seed=0)
    assert naming.counts.sum() == 100
    named = Codec.load(tmp_path / "codec")
    assert named.classes == digits.class_names
    assert named.fingerprint == codec.fingerprint
    assert named.encode(pictures) == packets
    for meaning, cluster in zip(named.decode(packets), codec.decode(packets), strict=True):
        np.testing.assert_allclose(meaning.probabilities, cluster.probabilities @ naming.table, atol=1e-9)
    with pytest.raises(TeachError, match="of 1297 training pictures of digits are those that the codec was trained on"):
        calibrate_codec(tmp_path / "codec", named, digits, Limits(0.5))
    own = Source("own", digits.class_names, {"train": replace(test, name="train"), "test": train})
    sending, overlapping = calibrate_codec(tmp_path / "codec", named, own, Limits(0.9, picture_bytes=20))
    assert overlapping == 0
    again = Codec.load(tmp_path / "codec")
    assert again.sending is not None
    assert dict(again.sending.guarantee)["n"] == sending.guarantee["n"] == 350
    name_clusters(tmp_path / "codec", again, digits, examples=5, seed=1)
    assert Codec.load(tmp_path / "codec").sending is None  # it was calibrated to the older names


def test_on_a_labelled_source_the_clusters_fit_is_measured(tmp_path: Path) -> None:
    recipe = Recipe(**{**TINY, "clusters": None}, objective="disentangle", tries=1)
    codec = fit("digits", tmp_path / "codec", recipe=recipe)
    measured = codec.manifest["measured"]
    assert len(codec.classes) <= 10
    assert {"accuracy", "nmi", "ari"} <= set(measured)
    assert 0 < measured["accuracy"] <= 1


def test_a_codec_of_classes_needs_no_names(lamps_folder: Path, lamps_codec: Codec, heap: Source) -> None:
    with pytest.raises(TeachError, match="only an unlabelled codec's can be named"):
        name_clusters(lamps_folder, lamps_codec, heap, None, 0)
