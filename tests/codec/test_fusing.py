"""Fusion that a codec learns from real events: nodes whose errors are known, and everything that can be wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lamps
import numpy as np
import pytest

from laconic.codec import Codec, CodecError
from laconic.codec.events import fuse_codec, read_events
from laconic.codec.folder import update_folder
from laconic.codec.fusing import FILE, Fusing
from laconic.codec.overlap import TRAINED, trained_digests
from laconic.codec.teach import TeachError
from laconic.data import Source, Split
from laconic.language import PacketError
from laconic.receiver import CalibrationError, Fusion, FusionError

ERRORS = {"east": 0.4, "north": 0.1, "south": 0.1}
TREES = np.array([lamps.picture(3 * tree, 3 * tree + 1, 3 * tree + 2) for tree in range(5)])
Change = Callable[[Split], Split]


def events(n: int = 600, seed: int = 0, missing: float = 0.1, first: int = 0) -> Source:
    """n events seen by three nodes; each sees another tree with its own probability, or is missing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, n)
    wrong = rng.random((n, 3)) < np.array(list(ERRORS.values()))
    seen = np.where(wrong, (labels[:, None] + rng.integers(1, 5, (n, 3))) % 5, labels[:, None])
    event, node = np.nonzero(rng.random((n, 3)) >= missing)
    shown = list(TREES[seen[event, node]])
    names = np.array(list(ERRORS))[node]
    split = Split("train", shown, np.arange(len(shown)), labels[event], None, event + first, nodes=names)
    return Source("forest", lamps.CLASSES, {"train": split})


def changed(source: Source, change: Change) -> Source:
    return replace(source, splits={"train": change(source.split("train"))})


@pytest.fixture(scope="module")
def fused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Codec]:
    """A folder that learnt fusion with a bound of 5 %, and the codec before."""
    folder = lamps.write(tmp_path_factory.mktemp("fused") / "codec")
    before = Codec.load(folder)
    fuse_codec(folder, before, events(900), max_error=0.05)
    return folder, before


def test_reliable_nodes_count_more_and_all_together_are_as_good_as_can_be(tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    fusing, others, n_learnt = fuse_codec(folder, Codec.load(folder), events(1000, missing=0.0))
    weight = dict(zip(fusing.fusion.nodes, fusing.fusion.weights.tolist(), strict=True))
    assert weight["east"] < 0.7 * min(weight["north"], weight["south"])
    assert n_learnt + len(others) == 1000
    # where north and south agree they are followed; else east decides if it sides with one of them
    posterior = fusing.fusion.posterior(others.heard)
    right = posterior.argmax(axis=1) == others.labels
    best = 0.9 * 0.9 + 2 * 0.9 * 0.1 * (0.6 + 0.4 * 3 / 4 / 2)  # and else one of them, by chance
    assert abs(right.mean() - best) < 4 * math.sqrt(best * (1 - best) / len(right))
    confidence = posterior.max(axis=1).mean()
    assert abs(right.mean() - confidence) < 4 * math.sqrt(best * (1 - best) / len(right)) + 0.01


def test_what_was_learnt_is_read_again_and_nodes_need_no_other_codec(fused: tuple[Path, Codec]) -> None:
    folder, before = fused
    after = Codec.load(folder)
    assert before.fusing is None
    assert after.fingerprint == before.fingerprint
    assert after.encode(list(TREES)) == before.encode(list(TREES))
    again = fuse_codec(folder, after, events(900), max_error=0.05)[0]
    assert after.fusing is not None
    assert after.fusing.guarantee == json.loads(json.dumps(again.guarantee))
    assert np.array_equal(after.fusing.fusion.biases, again.fusion.biases)
    (folder / FILE).rename(folder / "elsewhere")
    assert Codec.load(folder).fusing is None  # a node's copy
    (folder / "elsewhere").rename(folder / FILE)


def test_packets_of_an_event_have_one_meaning(fused: tuple[Path, Codec]) -> None:
    codec = Codec.load(fused[0])
    ash, birch = codec.encode(list(TREES[:2]))
    both, apart, alone = codec.fuse([{"north": ash, "south": ash}, {"north": ash, "south": birch}, {"east": birch}])
    assert (both.name, both.word) == ("ash", "north 0+1+2, south 0+1+2")
    assert alone.name == "birch"
    assert both.confidence > 0.9 > apart.confidence
    assert both.confidence > alone.confidence
    assert both.probabilities.sum() == pytest.approx(1)
    assert codec.fuse([]) == []
    assert codec.fusing is not None
    assert codec.fusing.decides(both)
    assert not codec.fusing.decides(apart)


def test_a_damaged_packet_is_an_absent_node(fused: tuple[Path, Codec]) -> None:
    codec = Codec.load(fused[0])
    (ash,) = codec.encode(list(TREES[:1]))
    spoilt = bytes([*ash[:-1], ash[-1] ^ 1])
    whole = codec.fuse([{"north": ash}])[0]
    found = codec.fuse([{"south": spoilt}, {"south": spoilt, "north": ash}, {}], errors="skip")
    assert found[0] is found[2] is None
    assert found[1] is not None
    assert found[1].confidence == whole.confidence
    with pytest.raises(PacketError):
        codec.fuse([{"south": spoilt}])
    with pytest.raises(FusionError, match="no node said anything of event 1: leave it out"):
        codec.fuse([{"north": ash}, {}])
    with pytest.raises(FusionError, match="messages of the nodes east, north, south wanted, got one of west"):
        codec.fuse([{"west": ash}])


def test_the_bound_holds_among_decided_events_and_covers_part_of_them(fused: tuple[Path, Codec]) -> None:
    codec = Codec.load(fused[0])
    assert codec.fusing is not None
    assert codec.fusing.guarantee is not None
    assert codec.fusing.guarantee["met"]
    fresh = read_events(fused[0], codec, events(800, seed=1))
    posterior = codec.fusing.fusion.posterior(fresh.heard)
    predicted = posterior.argmax(axis=1)
    decided = posterior.max(axis=1) >= codec.fusing.thresholds[predicted]
    wrong = (predicted != fresh.labels)[decided].mean()
    assert 0.5 < decided.mean() < 1
    assert wrong < 0.05 + 4 * math.sqrt(0.05 * 0.95 / decided.sum())
    assert (predicted != fresh.labels).mean() > wrong


def test_without_a_bound_every_event_is_decided_and_an_unmet_one_decides_none() -> None:
    fusion = Fusion.plain(("a", "b"), np.full(2, 0.5))
    assert Fusing(fusion).thresholds.tolist() == [0, 0]
    unmet = Fusing(fusion, {"classes": [{"threshold": None}, {"threshold": 0.5}]})
    assert unmet.thresholds.tolist() == [np.inf, 0.5]


def test_an_event_of_which_training_saw_a_picture_is_left_out(tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    elm = events(300).split("train").labels == 4
    update_folder(folder, {}, {TRAINED: trained_digests([TREES[4:, :, :, None]])})
    found = read_events(folder, Codec.load(folder), events(300))
    split = events(300).split("train")
    touched = {e for e, shown in zip(split.events.tolist(), split.pictures, strict=True) if (shown == TREES[4]).all()}
    assert found.n_known == len(touched) >= len(np.unique(split.events[elm])) // 2
    assert len(found) + found.n_known == len(np.unique(split.events))


def test_other_classes_names_and_limits_forget_fusion(fused: tuple[Path, Codec], tmp_path: Path) -> None:
    content, record = Fusing(Fusion.plain(("a",), np.full(3, 1 / 3))).to_files()
    folder = lamps.write(tmp_path / "codec")
    update_folder(folder, {"fusion": record}, {FILE: content})
    with pytest.raises(CodecError, match=r"fusion.safetensors and codec.json contradict .*5 classes wanted"):
        Codec.load(folder)
    with pytest.raises(CodecError, match="nothing is known of this codec's nodes: laconic fuse"):
        fused[1].fuse([{"a": b"x"}])


def split_of_groups(split: Split) -> Split:
    assert split.events is not None
    return replace(split, groups=np.arange(len(split)) // 2)


WRONG: dict[str, tuple[Change, type[Exception], str]] = {
    "no events": (lambda s: replace(s, events=None), TeachError, "doesn't tell the event of each picture.* event="),
    "no nodes": (lambda s: replace(s, nodes=None), TeachError, "doesn't tell the node of each picture.* node="),
    "groups": (split_of_groups, TeachError, "events of forest have pictures of more than one group"),
    "classes": (
        lambda s: replace(s, labels=(s.labels + (np.arange(len(s)) == 1)) % 5),
        TeachError,
        "1 of 120 events of forest have pictures of more than one class .such as row 0's.: .* is event= the right",
    ),
    "twice": (
        lambda s: replace(s, nodes=np.array(["north"] * len(s))),
        FusionError,
        "a node speaks once of an event, but north twice of 0",
    ),
    "one node": (
        lambda s: s.subset(np.flatnonzero(s.nodes == "north")),
        TeachError,
        "no event of forest is seen by two nodes",
    ),
    "no errors": (
        lambda s: replace(s, pictures=[TREES[label] for label in s.labels]),
        FusionError,
        "no node errs in these",
    ),
    "few": (lambda s: s.subset(np.arange(12)), FusionError, "of at least 10 events wanted"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_events_from_which_nothing_is_learnt(lamps_folder: Path, lamps_codec: Codec, wrong: str) -> None:
    change, kind, text = WRONG[wrong]
    with pytest.raises(kind, match=text):
        fuse_codec(lamps_folder, lamps_codec, changed(events(120, missing=0.0), change))
    assert Codec.load(lamps_folder).fusing is None


def test_events_on_both_sides_other_classes_and_too_few_for_the_bound(lamps_folder: Path, lamps_codec: Codec) -> None:
    source = events(120)
    test = replace(source, splits={**source.splits, "test": events(20, first=110).split("train")})
    with pytest.raises(TeachError, match="10 events of forest stand in train and test"):
        fuse_codec(lamps_folder, lamps_codec, test)
    with pytest.raises(TeachError, match=r"this codec knows the classes ash, .* forest has others"):
        fuse_codec(lamps_folder, lamps_codec, replace(source, class_names=("a", "b")))
    with pytest.raises(CalibrationError, match=r"can't show an error of at most 0\.01"):
        fuse_codec(lamps_folder, lamps_codec, source, max_error=0.01)
