"""Messages of a wanted length: the floor, and the code that comes nearest, on made-up features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from laconic.language import MaxAmp
from laconic.train import Recipe, fit
from laconic.train.budget import TOLERANCE, check_target, code_for
from laconic.train.recipe import RecipeError
from laconic.train.tables import make_speech

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 1200)
FEATURES = np.maximum(RNG.normal(size=(1200, 16)) - 0.5, 0).astype(np.float32)
FEATURES[np.arange(1200), LABELS] += 2  # a class each, and others by chance
TRAIN, HELD = (FEATURES[:900], LABELS[:900]), (FEATURES[900:], LABELS[900:])


def test_a_budget_below_the_labels_entropy_is_refused_with_the_floor() -> None:
    labels = np.repeat([0, 1, 2, 3], [4, 2, 1, 1])  # 1.75 bits
    check_target(1.75, labels)
    with pytest.raises(RecipeError, match=r"target_bits 1.7 is below 1.75 bits, .* 4 classes apart; ask for 1.75 or"):
        check_target(1.7, labels)


def test_training_begins_with_that_check(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"target_bits 3 is below 3.32 bits, the entropy of the labels"):
        fit("digits", tmp_path / "codec", recipe=Recipe(encoder="cnnw4", epochs=1, target_bits=3.0))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("target", [2.5, 4.0, 6.0])
def test_the_code_comes_within_the_tolerance(target: float) -> None:
    speech = make_speech(code_for(target, TRAIN, HELD, np.ones(4)), TRAIN, HELD, np.ones(4))
    assert speech.language.bits(speech.say(HELD[0])).mean() == pytest.approx(target, rel=TOLERANCE)


def test_out_of_reach_the_nearest_is_taken() -> None:
    most = code_for(60.0, TRAIN, HELD, np.ones(4))
    assert isinstance(most, MaxAmp)
    assert (most.k, most.level_bits) == (8, 3)
    least = code_for(0.1, TRAIN, HELD, np.ones(4))
    assert least.k == 1


def test_without_held_out_pictures_training_ones_decide() -> None:
    nobody = (FEATURES[:0], LABELS[:0])
    speech = make_speech(code_for(4.0, TRAIN, nobody, np.ones(4)), TRAIN, nobody, np.ones(4))
    assert speech.language.bits(speech.say(TRAIN[0])).mean() == pytest.approx(4.0, rel=TOLERANCE)
