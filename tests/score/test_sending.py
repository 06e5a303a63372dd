"""Said or sent, measured: against the codec's own packets and meanings, and the points of a rule made by hand."""

from __future__ import annotations

from dataclasses import replace

import lamps
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from laconic.codec import Codec
from laconic.contract import Evaluation, Kind, SendingScore
from laconic.receiver import Predictions
from laconic.score.evaluation import evaluate
from laconic.score.sending import Routes, sending_score

PICTURES, LABELS = lamps.training()
ASHES = (LABELS == 0).mean()


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Codec:
    folder = tmp_path_factory.mktemp("sending") / "codec"
    return lamps.load(folder, rule=lamps.sending(), receiver=lamps.ash_sayer())


@pytest.fixture(scope="module")
def measured(codec: Codec) -> Evaluation:
    unknown = np.stack([lamps.picture(2, 8, 14), lamps.picture(0, 1, 2)])[..., None]
    return evaluate(codec, PICTURES[..., None], LABELS, "lamps", unknown)


@pytest.fixture(scope="module")
def score(measured: Evaluation) -> SendingScore:
    assert measured.sending is not None
    return measured.sending


def everything_sent(codec: Codec) -> Codec:
    assert codec.sending is not None
    rule = replace(codec.sending.rule, thresholds=np.full(5, np.inf))
    return replace(codec, sending=replace(codec.sending, rule=rule))


def test_a_codec_that_says_everything_has_no_score(lamps_codec: Codec) -> None:
    assert (
        sending_score(lamps_codec, PICTURES[..., None], lamps.features(PICTURES), LABELS, PICTURES[:0, ..., None])
        is None
    )


def test_its_own_point_is_what_its_packets_cost_and_mean(codec: Codec, score: SendingScore) -> None:
    packets = codec.encode(PICTURES)
    heard = codec.decode(packets)
    said = np.array([meaning.kind == Kind.SAID for meaning in heard])
    right = np.array([meaning.label for meaning in heard]) == LABELS
    assert 0 < said.mean() < 1
    assert score.chosen.said_fraction == said.mean()
    assert score.chosen.bytes_mean == np.mean([len(packet) for packet in packets])
    assert score.chosen.accuracy == right.mean()
    assert score.chosen.error_said == (~right[said]).mean()
    encoder = [meaning.label for meaning in replace(codec, receiver=None).decode(packets)]
    assert score.chosen.accuracy_encoder == (encoder == LABELS).mean()
    assert score.met
    assert score.chosen.max_error == 0.1
    assert score.chosen.error_said <= score.error_bound <= 0.1
    assert score.confidence == 0.95


def test_always_said_is_the_word_alone(measured: Evaluation, score: SendingScore) -> None:
    said = measured.said
    assert (score.say.said_fraction, score.say.accuracy) == (1, said.accuracy)
    assert score.say.error_said == pytest.approx(1 - said.accuracy, abs=1e-12)
    assert score.say.accuracy_encoder == said.accuracy
    assert score.say.bytes_mean == said.packet_bytes_mean


def test_always_sent_is_what_the_network_makes_of_pictures(codec: Codec, score: SendingScore) -> None:
    packets = everything_sent(codec).encode(PICTURES)
    assert score.send.said_fraction == score.send.error_said == 0
    assert score.send.bytes_mean == np.mean([len(packet) for packet in packets])
    assert score.send.accuracy == ASHES  # the network takes all for ashes
    assert score.send.accuracy_encoder > ASHES


def test_each_limit_is_calibrated_as_the_codecs_own(codec: Codec, score: SendingScore) -> None:
    asked = [point.max_error for point in score.curve]
    assert asked == sorted(asked)
    assert score.chosen in score.curve
    said = [point.said_fraction for point in score.curve]
    assert said == sorted(said)  # with a common threshold, who allows more error says no less
    assert 0.002 not in asked  # not one error in 304 pictures doesn't show it
    for point in score.curve:
        own = lamps.sending(point.max_error)
        assert own.guarantee["met"]
        assert codec.sending is not None
        rows = own.said(codec.said, codec.speeches["full"], lamps.features(PICTURES), PICTURES[..., None])
        assert point.said_fraction == rows.mean()


def test_where_no_limit_is_met_everything_is_sent() -> None:
    few = lamps.sending(0.02, repeats=4)
    assert not few.guarantee["met"]
    assert few.guarantee["advice"]


def test_strange_pictures_are_told_by_their_novelty(codec: Codec, score: SendingScore) -> None:
    found = {strange.kind: strange for strange in score.unknown}
    assert set(found) == {"black", "blurred", "noise", "foreign", "unknown"}
    assert (found["black"].n, found["black"].auroc, found["black"].said_fraction) == (1, 1, 0)  # no lamp: novelty 1
    assert found["blurred"].n == found["noise"].n == len(PICTURES)
    assert codec.sending is not None
    prototypes = codec.sending.prototypes
    strange = np.stack([lamps.picture(2, 8, 14), lamps.picture(0, 1, 2)])
    novelty = [prototypes.novelty(lamps.features(pictures)) for pictures in (PICTURES, strange)]
    truth = np.repeat([0, 1], [len(PICTURES), 2])
    assert found["unknown"].auroc == roc_auc_score(truth, np.concatenate(novelty))
    assert found["unknown"].said_fraction == 1 / 2  # the second is an ash like any other


def test_a_source_without_unknown_pictures_has_no_row_for_them(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.score.sending._strange", lambda _, images: {"black": np.zeros_like(images[:1])})
    found = sending_score(codec, PICTURES[..., None], lamps.features(PICTURES), LABELS, PICTURES[:0, ..., None])
    assert found is not None
    assert [strange.kind for strange in found.unknown] == ["black"]


def test_a_point_counts_each_picture_on_its_own_way() -> None:
    yes, no = True, False
    routes = Routes(
        seen=Predictions(np.ones(4), np.zeros(4, np.int64), np.zeros(4, np.int64)),
        right_said=np.array([yes, no, yes, no]),
        right_sent=np.array([no, yes, yes, yes]),
        right_encoder=np.array([yes, no, yes, no]),
        bytes_said=np.array([2, 3, 2, 3]),
        bytes_sent=np.array([40, 50, 60, 70]),
    )
    point = routes.at(np.array([yes, yes, no, no]), 0.05)
    assert (point.max_error, point.said_fraction, point.error_said) == (0.05, 1 / 2, 1 / 2)
    assert (point.accuracy, point.accuracy_encoder) == (3 / 4, 2 / 4)
    assert point.bytes_mean == (2 + 3 + 60 + 70) / 4
    nothing = routes.at(np.zeros(4, bool), 0.0)
    assert (nothing.said_fraction, nothing.error_said, nothing.bytes_mean) == (0, 0, 55)
