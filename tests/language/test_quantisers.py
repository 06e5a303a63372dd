"""Every code says the strongest or the most frequent units, and is idempotent on its own words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from laconic.contract import Symbols
from laconic.language import BUILTIN, Decision, MaxAmp, MaxPro, MaxProAmp, Progressive, Scalar
from laconic.language.errors import CodeError, FeatureError, NotFittedError, WordError

# Few distinct amplitudes give ties; the others give everything that float32 has.
AMPLITUDES = st.one_of(
    st.sampled_from([0.0, 0.0, -0.0, 0.5, 1.0, 2.0]),
    st.floats(0, 2.0**127, width=32),
)
FEATURES = st.integers(1, 12).flatmap(lambda n: arrays(np.float32, (n, 6), elements=AMPLITUDES))
CODES = st.sampled_from(
    [
        MaxAmp(k=1),
        MaxAmp(k=2, level_bits=0),
        MaxAmp(k=3, level_bits=2),
        MaxAmp(k=6, level_bits=3),
        Progressive(k=2),
        Progressive(k=3, level_bits=0),
        Progressive(k=4, level_bits=2),
        Progressive(k=6, level_bits=4),
        MaxPro(threshold=-1.0),
        MaxPro(level_bits=2, threshold=-1.0),
        MaxProAmp(k=1, level_bits=0, threshold=-1.0),
        MaxProAmp(k=2, level_bits=2, threshold=-1.0),
        Scalar(threshold=-1.0),
    ]
)


def same(left: Symbols, right: Symbols) -> bool:
    return np.array_equal(left.units, right.units) and np.array_equal(left.levels, right.levels)


def silent(n: int, n_units: int) -> np.ndarray:
    return np.zeros((n, n_units), dtype=np.float32)


def no_labels(features: np.ndarray) -> np.ndarray:
    return np.zeros(len(features), dtype=np.int64)


@given(CODES, FEATURES, FEATURES)
@example(MaxAmp(k=1, level_bits=1), np.array([[0, 1e-45]], np.float32), np.array([[0.5, 0.5]], np.float32))
@example(MaxAmp(k=2, level_bits=8), np.array([[1e-45, 1e-39]], np.float32), np.array([[1e-45, 0.5]], np.float32))
def test_a_words_features_say_the_word_again(code: Any, train: np.ndarray, test: np.ndarray) -> None:
    code = code.fit(train, no_labels(train))
    symbols = code.quantise(test)
    code.alphabet.check(symbols)
    assert same(code.quantise(code.dequantise(symbols)), symbols)


@given(st.integers(1, 6), st.integers(1, 3), FEATURES)
def test_maxamp_says_the_strongest_units(k: int, level_bits: int, features: np.ndarray) -> None:
    code = MaxAmp(k, level_bits).fit(features, no_labels(features))
    symbols = code.quantise(features)
    for row, units, levels in zip(features.tolist(), symbols.units.tolist(), symbols.levels.tolist(), strict=True):
        by_amplitude = sorted(range(6), key=lambda i: (-row[i], i))
        assert units == sorted(by_amplitude[:k])
        assert [level > 0 for level in levels] == [row[unit] > 0 for unit in units]


@given(st.integers(1, 3), FEATURES, FEATURES)
def test_a_prefix_of_a_progressive_word_is_maxamps_shorter_word(
    level_bits: int, train: np.ndarray, test: np.ndarray
) -> None:
    whole = Progressive(5, level_bits).fit(train, no_labels(train)).quantise(test)
    for k in range(1, 6):
        shorter = MaxAmp(k, level_bits).fit(train, no_labels(train)).quantise(test)
        order = np.argsort(whole.units[:, :k], axis=1)
        assert np.array_equal(np.take_along_axis(whole.units[:, :k], order, axis=1), shorter.units)
        assert np.array_equal(np.take_along_axis(whole.levels[:, :k], order, axis=1), shorter.levels)


@given(FEATURES)
def test_progressive_features_fall_along_the_word(features: np.ndarray) -> None:
    code = Progressive(5, 2).fit(features, no_labels(features))
    symbols = code.quantise(features)
    amplitudes = np.take_along_axis(code.dequantise(symbols), symbols.units.astype(np.int64), axis=1)
    assert (amplitudes[:, :-1] >= amplitudes[:, 1:]).all()


@given(FEATURES)
def test_maxpro_at_32_bits_loses_nothing(features: np.ndarray) -> None:
    code = MaxPro(threshold=-1.0).fit(features, no_labels(features))
    again = code.dequantise(code.quantise(features))
    assert np.array_equal(again, features)
    assert not np.signbit(again).any()  # also of -0


def test_levels_divide_the_range_evenly() -> None:
    features = np.linspace(0, 7, 701, dtype=np.float32)[:, None]
    code = MaxAmp(k=1, level_bits=3, top=np.array([7], dtype=np.float32), values=np.zeros((1, 8), dtype=np.float32))
    levels = code.quantise(features).levels[:, 0]
    assert np.array_equal(levels, np.ceil(features[:, 0]).astype(np.uint32))  # seven bins of width 1, 0 is silence
    assert code.quantise(np.array([[1e9]], dtype=np.float32)).levels.tolist() == [[7]]  # the top level saturates


def test_the_top_level_begins_at_the_999th_thousandth() -> None:
    features = np.concatenate([np.arange(1, 1001), np.zeros(500)]).astype(np.float32)[:, None]
    code = MaxAmp(k=1, level_bits=2).fit(features, no_labels(features))
    assert code.top == pytest.approx(1 + 0.999 * 999)  # silence is not counted


def test_a_level_stands_for_its_mean_amplitude_or_its_centre() -> None:
    features = np.array([[1], [2], [9], [10], [0]], dtype=np.float32)
    code = MaxAmp(k=1, level_bits=2).fit(features, no_labels(features))
    top = float(code.top[0])
    assert code.values[0] == pytest.approx([0, 1.5, top / 2, 9.5])


def test_a_unit_that_was_silent_in_training_can_speak() -> None:
    train = np.array([[4, 0], [2, 0]], dtype=np.float32)
    code = MaxAmp(k=1, level_bits=2).fit(train, no_labels(train))
    symbols = code.quantise(np.array([[0, 3]], dtype=np.float32))
    assert (symbols.units.tolist(), symbols.levels.tolist()) == ([[1]], [[3]])
    assert code.top[1] == code.top[0]


def test_missing_units_are_filled_with_the_lowest_silent_ones() -> None:
    features = silent(2, 6)
    features[1, 1] = 2
    code = MaxAmp(k=3).fit(features, no_labels(features))
    symbols = code.quantise(features)
    assert symbols.units.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert symbols.levels.tolist() == [[0, 0, 0], [0, 1, 0]]


def test_the_papers_bits_are_reached() -> None:
    rng = np.random.default_rng(0)
    busy = np.zeros((400, 2048), dtype=bool)
    busy[:, rng.permutation(2048)[:578]] = rng.random((400, 578)) < 0.5
    features = busy.astype(np.float32)
    labels = no_labels(features)
    assert MaxAmp(3, 1).fit(features, labels).alphabet.fixed_bits == 34
    assert Scalar().fit(features, labels).alphabet.fixed_bits == 1734
    few = features[:, np.flatnonzero(busy.any(axis=0))[:48]]
    assert MaxPro().fit(few, labels).alphabet.fixed_bits == 1536
    assert MaxProAmp(3, 1).fit(few, labels).alphabet.fixed_bits == 18
    assert MaxPro(level_bits=8).fit(few[:, :16], labels).alphabet.fixed_bits == 128


def test_a_unit_is_kept_if_it_fires_in_more_than_the_threshold() -> None:
    features = silent(10_000, 3)
    features[:455, 0] = features[:456, 1] = features[:454, 2] = 1
    code = MaxPro().fit(features, no_labels(features))
    assert code.unit_ids.tolist() == [1]
    assert MaxProAmp(k=1).fit(features, no_labels(features)).unit_ids.tolist() == [1]


def test_no_unit_that_fires_often_enough_is_an_error() -> None:
    features = silent(100, 3)
    features[0] = 1
    with pytest.raises(CodeError, match=r"more than 4\.55% of the pictures, the busiest in 1\.00%"):
        MaxPro().fit(features, no_labels(features))


def test_maxproamp_is_maxamp_on_the_kept_columns() -> None:
    rng = np.random.default_rng(1)
    features = (rng.random((200, 10)) * (rng.random((200, 10)) < np.linspace(0, 0.9, 10))).astype(np.float32)
    labels = no_labels(features)
    code = MaxProAmp(2, 2, threshold=0.3).fit(features, labels)
    inner = MaxAmp(2, 2).fit(features[:, code.unit_ids], labels)
    symbols = code.quantise(features)
    assert same(symbols, inner.quantise(features[:, code.unit_ids]))
    assert np.array_equal(code.dequantise(symbols)[:, code.unit_ids], inner.dequantise(symbols))
    assert not np.delete(code.dequantise(symbols), code.unit_ids, axis=1).any()


def test_decision_finds_separable_classes(make_features: Any) -> None:
    features, labels = make_features(400)
    code = Decision().fit(features, labels)
    said = code.quantise(features)
    assert (said.units[:, 0] == labels).mean() > 0.99
    assert same(code.quantise(code.dequantise(said)), said)


def test_decision_is_bayes_for_gaussians_of_one_covariance() -> None:
    """In one dimension, two means and equal variances: the boundary is half way, whatever the class sizes."""
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(10, 1, 5000), rng.normal(14, 1, 500)]).astype(np.float32)[:, None]
    labels = np.repeat([0, 1], [5000, 500])
    code = Decision().fit(features, labels)
    boundary = -(code.bias[0] - code.bias[1]) / (code.weight[0, 0] - code.weight[1, 0])
    assert boundary == pytest.approx(12, abs=3 * 0.5 * np.sqrt(1 / 5000 + 1 / 500))


def test_decision_takes_a_trained_head() -> None:
    head = Decision(weight=np.eye(3, dtype=np.float32), bias=np.array([0, 0, 5], dtype=np.float32))
    features = np.array([[9, 0, 0], [0, 8, 0], [1, 1, 0], [3, 1, 0]], dtype=np.float32)
    code = head.fit(features, np.zeros(4, dtype=np.int64))
    assert code.quantise(features).units[:, 0].tolist() == [0, 1, 2, 2]
    assert code.means.tolist() == [[9, 0, 0], [0, 8, 0], [2, 1, 0]]
    assert head.means is None


def test_decision_never_says_a_class_without_examples() -> None:
    features = np.array([[1, 0], [2, 0], [0, 1], [0, 2]], dtype=np.float32)
    code = Decision().fit(features, np.array([0, 0, 2, 2]))
    assert code.alphabet.n_units == 3
    assert set(code.quantise(features).units[:, 0].tolist()) == {0, 2}


def test_decision_wants_weight_and_bias_together() -> None:
    with pytest.raises(CodeError, match="weight and bias, got one of them"):
        Decision(weight=np.eye(2, dtype=np.float32))


@pytest.mark.parametrize("code", [cls() for cls in BUILTIN.values()], ids=list(BUILTIN))
class TestEveryCode:
    def test_is_named_as_listed(self, code: Any) -> None:
        assert BUILTIN[code.name] is type(code)

    def test_has_no_alphabet_before_fit(self, code: Any) -> None:
        with pytest.raises(NotFittedError, match=f"{type(code).__name__} knows no features yet"):
            _ = code.alphabet

    def test_does_not_quantise_before_fit(self, code: Any) -> None:
        with pytest.raises(NotFittedError, match="use what its fit"):
            code.quantise(silent(1, 4))

    def test_fits_a_copy(self, code: Any, make_features: Any) -> None:
        features, labels = make_features(100)
        before = [getattr(code, field.name) for field in fields(code)]
        assert code.fit(features, labels) is not code
        assert before == [getattr(code, field.name) for field in fields(code)]

    def test_handles_an_empty_batch(self, code: Any, make_features: Any) -> None:
        features, labels = make_features(100)
        fitted = code.fit(features, labels)
        symbols = fitted.quantise(features[:0])
        assert symbols.units.shape == (0, fitted.alphabet.k)
        assert fitted.dequantise(symbols).shape == (0, 32)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
    def test_refuses_features_that_are_no_amplitudes(self, code: Any, make_features: Any, bad: float) -> None:
        features, labels = make_features(100)
        fitted = code.fit(features, labels)
        features[3, 3] = bad
        for refuse in (lambda: fitted.quantise(features), lambda: code.fit(features, labels)):
            with pytest.raises(FeatureError, match="finite features of at least 0 wanted"):
                refuse()

    def test_refuses_features_of_another_encoder(self, code: Any, make_features: Any) -> None:
        features, labels = make_features(100)
        with pytest.raises(FeatureError, match="fitted to 32 units, these features have 5"):
            code.fit(features, labels).quantise(silent(2, 5))

    def test_refuses_to_learn_from_nothing(self, code: Any) -> None:
        with pytest.raises(FeatureError, match="one label per row of features wanted, got 0 rows"):
            code.fit(silent(0, 4), np.zeros(0, dtype=np.int64))

    def test_refuses_negative_labels(self, code: Any, make_features: Any) -> None:
        features, labels = make_features(100)
        with pytest.raises(FeatureError, match="labels of at least 0 wanted, got -1"):
            code.fit(features, labels - 1)

    def test_dequantises_only_its_own_words(self, code: Any, make_features: Any) -> None:
        features, labels = make_features(100)
        fitted = code.fit(features, labels)
        symbols = fitted.quantise(features[:1])
        with pytest.raises(WordError, match="units 0"):
            fitted.dequantise(Symbols(symbols.units + 1000, symbols.levels))


@pytest.mark.parametrize("level_bits", [-1, 9, 32])
@pytest.mark.parametrize("cls", [MaxAmp, Progressive, MaxProAmp])
def test_uniform_levels_have_0_to_8_bits(cls: type[Any], level_bits: int) -> None:
    with pytest.raises(CodeError, match=f"0..8 bits, got level_bits={level_bits}"):
        cls(level_bits=level_bits)


@pytest.mark.parametrize("cls", [MaxPro, Scalar])
def test_codes_that_say_nothing_but_levels_need_a_bit(cls: type[Any]) -> None:
    with pytest.raises(CodeError, match=r"1\.\.8 bits, got level_bits=0"):
        cls(level_bits=0)


def test_maxproamp_can_drop_units_that_are_hardly_ever_named() -> None:
    features = np.array([[5, 4, 0], [5, 4, 0], [0, 4, 5], [0, 4, 5]], dtype=np.float32)  # unit 1 is always second
    labels = no_labels(features)
    assert MaxProAmp(k=1).fit(features, labels).alphabet.n_units == 3
    code = MaxProAmp(k=1, named=0.0).fit(features, labels)
    assert code.unit_ids is not None
    assert code.unit_ids.tolist() == [0, 2]
    assert MaxProAmp(k=2, named=0.0).fit(features, labels).alphabet.n_units == 3


def test_without_level_bits_a_word_is_its_units() -> None:
    features = np.array([[0, 3, 0, 5], [0, 0, 2, 0], [0, 1, 0, 0]], dtype=np.float32)
    code = MaxAmp(k=1, level_bits=0).fit(features, no_labels(features))
    symbols = code.quantise(features)
    assert code.alphabet.n_words == 4
    assert symbols.units.tolist() == [[3], [2], [1]]
    assert symbols.levels.tolist() == [[0], [0], [0]]
    assert code.dequantise(symbols).max(axis=1).tolist() == [5, 2, 1]


def test_a_pattern_that_is_no_amplitude_is_refused() -> None:
    code = MaxPro(n_features=1, unit_ids=np.array([0]))
    for pattern in (0x7F800000, 0x7FC00000, 0x80000000, 0xFFFFFFFF):
        symbols = Symbols(np.zeros((1, 1), dtype=np.int32), np.array([[pattern]], dtype=np.uint32))
        with pytest.raises(WordError, match="a finite float32 of at least 0"):
            code.dequantise(symbols)
