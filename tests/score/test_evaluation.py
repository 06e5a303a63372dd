"""Evaluation: every figure once more by hand, the bounds that no code can break, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lamps
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from laconic.codec import Codec, Speech
from laconic.contract import Symbols
from laconic.data import SourceError, open_source
from laconic.language import Decision, MaxAmp, MaxPro, MaxProAmp, Progressive, Scalar
from laconic.score.activity import n1, n2
from laconic.score.evaluation import EvaluationError, entropy_bits, evaluate, evaluate_source, score_speech

PICTURES, LABELS = lamps.training()


def strange(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, 16] of some lamps, and labels; most words of three are new to the lexicon."""
    rng = np.random.default_rng(seed)
    features = rng.gamma(1.0, 1.0, (n, 16)) * (rng.random((n, 16)) < 0.3)
    return features.astype(np.float32), rng.integers(0, 5, n)


def test_the_figures_are_those_that_one_counts_by_hand(lamps_codec: Codec) -> None:
    found = evaluate(lamps_codec, PICTURES[..., None], LABELS, "lamps")
    assert (found.source, found.classes, found.n) == ("lamps", lamps.CLASSES, 38)
    features = lamps.features(PICTURES)
    assert found.accuracy_full == ((features @ lamps.head().weight.T).argmax(axis=1) == LABELS).mean()
    assert (found.n1, found.n2) == (n1(features), n2(features)) == (16, 3.0)
    assert found.activity[0] == 21 / 38  # lamp 0: in words that were said 16, 4 and 1 times
    assert found.activity.tolist() == sorted(found.activity, reverse=True)


def test_the_spoken_code_is_scored_by_its_packets(lamps_codec: Codec) -> None:
    said = evaluate(lamps_codec, PICTURES[..., None], LABELS, "lamps").said
    packets = lamps_codec.encode(PICTURES)
    lengths = [1] * 16 + [3] * 8 + [4] * 4 + [3] * 4 + [4] * 4 + [4 + 13] * 2  # two words are escaped
    shares = np.array([16, 8, 4, 4, 2, 2, 1, 1]) / 38
    assert (said.code, said.k) == ("maxamp", 3)
    assert said.bits_formula == np.log2(16 * 15 * 14 / 6 * 2**3)
    assert said.bits_mean == sum(lengths) / 38
    assert said.bits_entropy == pytest.approx(-(shares * np.log2(shares)).sum(), abs=1e-12)
    assert said.packet_bytes_mean == np.mean([len(packet) for packet in packets]) == (36 * 3 + 2 * 5) / 38
    assert said.escaped == 2 / 38
    right = [meaning.label for meaning in lamps_codec.decode(packets)] == LABELS
    assert said.accuracy == right.mean() == 37 / 38  # of four pictures of one word, one is a birch


def test_rivals_are_named_as_codes_are(lamps_codec: Codec) -> None:
    speeches = {**lamps_codec.speeches, "maxamp-2": lamps.spoken(MaxAmp(k=2)), "scalar": lamps_codec.speeches["full"]}
    found = evaluate(replace(lamps_codec, speeches=speeches), PICTURES[..., None], LABELS, "lamps")
    assert [(score.code, score.k) for score in found.codes] == [
        ("decision", 1),
        ("full", 16),
        ("maxamp", 2),
        ("scalar", 16),
    ]


def test_decision_needs_no_more_than_the_classes_number(lamps_codec: Codec) -> None:
    (decision,) = (s for s in evaluate(lamps_codec, PICTURES[..., None], LABELS, "lamps").codes if s.code == "decision")
    assert decision.bits_entropy <= decision.bits_mean <= np.ceil(np.log2(5))
    assert decision.bits_formula == np.log2(5)
    assert decision.escaped == 0
    assert decision.packet_bytes_mean == 3


def test_full_features_are_what_they_are(lamps_codec: Codec) -> None:
    found = evaluate(lamps_codec, PICTURES[..., None], LABELS, "lamps")
    (full,) = (score for score in found.codes if score.code == "full")
    assert full.bits_formula == 16 * 32
    assert full.accuracy == found.accuracy_full


def test_words_are_listed_with_what_they_meant(lamps_codec: Codec) -> None:
    words = evaluate(lamps_codec, PICTURES[..., None], LABELS, "lamps").words
    assert [(word.word, word.count, word.name, word.bits) for word in words[:3]] == [
        ("0+1+2", 16, "ash", 1),
        ("3+4+5", 8, "birch", 3),
        ("0+1+15", 4, "ash", 3),
    ]
    assert [word.count for word in words] == sorted((word.count for word in words), reverse=True)
    assert sum(word.count for word in words) == 38
    shared = next(word for word in words if word.word == "0+1+15")
    assert shared.accuracy == 3 / 4
    symbols = lamps_codec.said.say(lamps.features(PICTURES))
    for word in words:
        assert {lamps_codec.said.spell(symbols[row : row + 1])[0] for row in word.examples} == {word.word}
        assert len(word.examples) == min(8, word.count)
    right = sum(word.count * word.accuracy for word in words) / 38
    assert right == pytest.approx(evaluate(lamps_codec, PICTURES[..., None], LABELS, "lamps").said.accuracy)


def words(*rows: tuple[int, ...]) -> Symbols:
    return Symbols(np.array(rows, np.int32), np.ones((len(rows), len(rows[0])), np.uint32))


def test_entropy_in_closed_form() -> None:
    assert entropy_bits(words((1,), (1,), (1,))) == 0
    assert entropy_bits(words((0, 1), (1, 2), (2, 3), (0, 4))) == 2
    assert entropy_bits(words((0,), (0,), (1,), (2,))) == 1.5
    loud = Symbols(np.zeros((2, 1), np.int32), np.array([[0], [1]], np.uint32))
    assert entropy_bits(loud) == 1


SPEECHES = {
    "maxamp-1": lamps.spoken(MaxAmp(k=1)),
    "maxamp-3": lamps.spoken(MaxAmp(k=3)),
    "maxamp-2": lamps.spoken(MaxAmp(k=2, level_bits=2)),
    "progressive-3": lamps.spoken(Progressive(k=3)),
    "maxproamp-2": lamps.spoken(MaxProAmp(k=2)),
    "maxpro": lamps.spoken(MaxPro(threshold=-1.0), lamps.head()),
    "scalar": lamps.spoken(Scalar(threshold=-1.0), lamps.head()),
    "decision": lamps.spoken(Decision(lamps.head().weight, lamps.head().bias)),
}


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(SPEECHES)), st.integers(1, 80), st.integers(0, 10**6))
def test_no_code_is_shorter_than_the_entropy_of_what_it_says(name: str, n: int, seed: int) -> None:
    score = score_speech(name, SPEECHES[name], *strange(n, seed))
    assert score.bits_mean >= score.bits_entropy - 1e-9
    assert 0 <= score.bits_entropy <= np.log2(n) + 1e-9
    assert score.packet_bytes_mean >= 2 + score.bits_mean / 8
    assert 0 <= score.accuracy <= 1
    assert 0 <= score.escaped <= 1
    assert score.code == name.rsplit("-", 1)[0]


def test_packets_that_lose_a_word_are_never_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    hear = Speech.hear

    def mishear(self: Speech, packets: list[bytes]) -> tuple[Symbols, dict[int, Exception]]:
        symbols, failures = hear(self, packets)
        return Symbols(symbols.units[::-1], symbols.levels), failures

    monkeypatch.setattr(Speech, "hear", mishear)
    with pytest.raises(EvaluationError, match="the packets of maxamp-3 did not give the words back that went in"):
        score_speech("maxamp-3", SPEECHES["maxamp-3"], *strange(20))


def forest(folder: Path, names: tuple[str, ...]) -> Path:
    """A folder source with 200 pictures, each of its tree."""
    for label, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for i in range(40):
            Image.fromarray(lamps.picture(*range(3 * label, 3 * label + 3))).save(folder / name / f"{i}.png")
    return folder


def test_a_source_is_measured_on_its_test_split(lamps_codec: Codec, tmp_path: Path) -> None:
    source = open_source(f"folder:{forest(tmp_path / 'forest', lamps.CLASSES)}")
    evaluation, loaded = evaluate_source(lamps_codec, source)
    assert evaluation.n == len(source.split("test")) == len(loaded.images)
    assert evaluation.source == source.name
    assert evaluation.accuracy_full == evaluation.said.accuracy == 1
    assert loaded.images.shape == (evaluation.n, 4, 4, 1)


def test_what_cannot_be_read_is_left_out_and_told(lamps_codec: Codec, tmp_path: Path) -> None:
    source = open_source(f"folder:{forest(tmp_path / 'forest', lamps.CLASSES)}?split=train")
    n = len(source.split("test"))
    assert n >= 100  # of which one may be unreadable
    Path(str(source.split("test").picture(0))).write_bytes(b"")
    evaluation, loaded = evaluate_source(lamps_codec, source)
    assert evaluation.n == n - 1
    assert [failure.row for failure in loaded.failures] == [0]
    assert evaluation.said.accuracy == 1  # labels still stand beside their pictures


def test_a_source_of_other_classes_is_refused(lamps_codec: Codec, tmp_path: Path) -> None:
    with pytest.raises(
        EvaluationError, match=r"knows the classes ash, birch, .*; digits has 0, 1, 2, 3, 4, ... \(10\)"
    ):
        evaluate_source(lamps_codec, open_source("digits"))
    swapped = (*lamps.CLASSES[:3], "elm", "fir")
    with pytest.raises(EvaluationError, match="evaluate on a source with the classes that the codec was trained for"):
        evaluate_source(lamps_codec, open_source(f"folder:{forest(tmp_path, swapped)}"))


def test_without_pictures_there_is_nothing_to_measure(lamps_codec: Codec) -> None:
    with pytest.raises(EvaluationError, match="an empty folder has no pictures to measure on"):
        evaluate(lamps_codec, PICTURES[:0, ..., None], LABELS[:0], "an empty folder")


def test_a_source_that_cannot_be_read_is_an_error(lamps_codec: Codec, tmp_path: Path) -> None:
    folder = forest(tmp_path, lamps.CLASSES)
    source = open_source(f"folder:{folder}")
    for path in folder.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(SourceError, match="pictures of test cannot be read"):
        evaluate_source(lamps_codec, source)
