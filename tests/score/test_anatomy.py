"""The anatomy of the codec of lamps: which units fire, what they are for, and what falls without them."""

from __future__ import annotations

import lamps
import numpy as np
import pytest

from laconic.codec import Codec
from laconic.score import ScoreError
from laconic.score.anatomy import EXAMPLES, anatomy


def test_each_lamp_is_found_and_each_word_is_its_lamps(lamps_codec: Codec) -> None:
    pictures, labels = lamps.training()
    found = anatomy(lamps_codec, lamps.features(pictures), labels, "lamps")
    assert (found.source, found.n, found.n_units) == ("lamps", 38, 16)
    by_unit = {score.unit: score for score in found.units}
    assert sorted(by_unit) == list(range(16))
    fired = [score.active for score in found.units]
    assert fired == sorted(fired, reverse=True)
    assert by_unit[12].fires == (("elm", 1.0),)
    assert by_unit[0].falls == (("ash", 1 / 20),)
    assert by_unit[12].falls == ()
    assert by_unit[12].accuracy_without == 37 / 38
    assert by_unit[15].fires == (("ash", 3 / 20), ("birch", 1 / 10))
    assert found.removal[0] == 37 / 38
    assert len(found.removal) == 17
    (silence,) = lamps_codec.decode(lamps_codec.encode([lamps.picture()]))
    assert found.removal[-1] == (labels == silence.label).mean()
    for score in found.units:
        lit = np.flatnonzero(pictures.reshape(38, 16)[:, score.unit])
        assert set(score.examples) <= set(lit.tolist())
        assert len(score.examples) == min(EXAMPLES, len(lit))
    assert {word.word: units for word, units in found.words} == {"+".join(map(str, lit)): lit for lit in lamps.HEARD}


def test_of_no_picture_there_is_none(lamps_codec: Codec) -> None:
    with pytest.raises(ScoreError, match="got 0 and 0"):
        anatomy(lamps_codec, np.zeros((0, 16), np.float32), np.zeros(0, np.int64), "nothing")
