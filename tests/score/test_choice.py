"""What to choose between: each codec, each encoder, and how far they say the same."""

from __future__ import annotations

from pathlib import Path

import lamps
import numpy as np
import pytest

from laconic.codec import Codec
from laconic.codec.folder import INT8, update_folder
from laconic.data import Source, Split
from laconic.language import MaxAmp
from laconic.score.choice import choices, see
from laconic.score.evaluation import EvaluationError


def forest(n: int = 38) -> Source:
    pictures, labels = lamps.training()
    split = Split("forest", list(pictures), np.arange(n), labels[:n])
    return Source("forest", lamps.CLASSES, {"train": split, "test": split})


def test_a_line_for_each_encoder_and_agreement_where_the_language_is_one(tmp_path: Path) -> None:
    first, same, other = (tmp_path / name for name in ("first", "same", "other"))
    lamps.write(first)
    update_folder(first, {}, {INT8: lamps.convolution()})
    lamps.write(same, onnx=lamps.network(scale=1 / 255))  # a fifth as loud: the same units, silent where they were
    lamps.write(other, said=lamps.spoken(MaxAmp(k=1)))
    found = choices(see(folder, Codec.load(folder), forest()) for folder in (first, same, other))
    assert [(Path(each.codec).name, each.encoder) for each in found] == [
        ("first", "float"),
        ("first", "int8"),
        ("same", "float"),
        ("other", "float"),
    ]
    assert [each.agreement is None for each in found] == [True, False, False, True]
    agreed = found[1].agreement
    assert agreed is not None
    assert (agreed.label, agreed.word, agreed.said, agreed.unit_overlap) == (1, 1, 1, 1)
    assert agreed.centred_cosine == pytest.approx(1)
    assert found[0].accuracy_said == found[1].accuracy_said == 37 / 38  # of the word that two trees share, one is rarer
    assert [each.edge.multiply_adds for each in found] == [0, 16, 0, 0]
    record = found[1].record()
    assert record["kilobytes"] == len(lamps.convolution()) / 1000
    assert record["agreement"]["word"] == 1
    assert "edge" not in record


def test_no_picture_is_nothing_to_choose_by(lamps_folder: Path) -> None:
    with pytest.raises(EvaluationError, match="forest has no pictures to measure on"):
        see(lamps_folder, Codec.load(lamps_folder), forest(0))


def test_other_classes_are_refused(lamps_folder: Path) -> None:
    split = Split("zoo", [lamps.picture(0)], np.arange(1), np.zeros(1, np.int64))
    with pytest.raises(EvaluationError, match="this codec knows the classes ash"):
        see(lamps_folder, Codec.load(lamps_folder), Source("zoo", ("cat",), {"train": split, "test": split}))
