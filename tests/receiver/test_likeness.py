"""How alike words are: closed forms, symmetry, and what is made of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Symbols
from laconic.language import Alphabet
from laconic.receiver import ReceiverError, likeness, most_alike, odd_one_out

ALPHABET = Alphabet(n_units=8, k=2, level_bits=1)


def words(*units: tuple[int, int], loud: tuple[int, int] = (1, 1)) -> Symbols:
    return Symbols(np.array(units, np.int32), np.tile(np.array(loud, np.uint32), (len(units), 1)))


def test_units_in_common_make_words_alike() -> None:
    found = likeness(words((0, 1)), words((0, 1), (1, 5), (6, 7)), ALPHABET)
    np.testing.assert_allclose(found, [[1, 0.5, 0]])


def test_a_silent_unit_is_not_named() -> None:
    one = words((0, 1), loud=(1, 0))
    np.testing.assert_allclose(likeness(one, words((0, 5)), ALPHABET), [[0.5**0.5]])


def test_silence_is_like_silence_alone() -> None:
    silence = words((0, 1), loud=(0, 0))
    assert likeness(silence, silence, ALPHABET) == 1
    assert likeness(silence, words((0, 1)), ALPHABET) == 0


def test_names_without_levels_count_alike() -> None:
    label = Alphabet(n_units=3, k=1, level_bits=0)
    units = Symbols(np.arange(3, dtype=np.int32)[:, None], np.zeros((3, 1), np.uint32))
    np.testing.assert_array_equal(likeness(units, units, label), np.eye(3))


def test_a_rare_unit_counts_for_more() -> None:
    heard = words((0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (6, 7))
    frequent, rare = np.log(7 / 6), np.log(7 / 2)  # unit 0 is named by five of six words, the others by one
    found = likeness(words((0, 1)), words((0, 2), (1, 2)), ALPHABET, heard)
    length = np.hypot(frequent, rare)
    np.testing.assert_allclose(found, [[(frequent / length) ** 2, rare**2 / (length * 2**0.5 * rare)]])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(4, 7)), min_size=2, max_size=6))
def test_likeness_is_symmetric_and_whole_for_equal_words(units: list[tuple[int, int]]) -> None:
    said = words(*units)
    alike = likeness(said, said, ALPHABET)
    np.testing.assert_allclose(alike, alike.T)
    np.testing.assert_allclose(np.diag(alike), 1)
    assert ((alike >= 0) & (alike <= 1 + 1e-12)).all()


def test_amplitudes_are_no_words() -> None:
    with pytest.raises(ReceiverError, match="this code sends all amplitudes: compare features instead"):
        likeness(words((0, 1)), words((0, 1)), Alphabet(n_units=8, k=2, level_bits=32))


def test_the_odd_one_shares_least() -> None:
    said = words((0, 1), (6, 7), (0, 2))
    assert odd_one_out(likeness(said, said, ALPHABET)) == 1


def test_a_class_is_learnt_from_a_few_words() -> None:
    examples, labels = words((0, 1), (0, 2), (5, 6), (5, 7), (5, 4)), np.array([3, 3, 9, 9, 9])
    found = most_alike(likeness(words((0, 3), (5, 3)), examples, ALPHABET), labels)
    assert found.tolist() == [3, 9]
