"""Names for clusters: counted by hand, and packets that stay as they are."""

from __future__ import annotations

from pathlib import Path

import lamps
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.codec import Codec, CodecError
from laconic.codec.folder import update_folder
from laconic.codec.naming import STRENGTH, Naming

KINDS = ("leaf", "needle")
COUNTS = np.array([[6.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0], [2.0, 0.0]])  # a row for each of the five clusters
TREES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 13, 14)]


def naming() -> Naming:
    return Naming(KINDS, COUNTS)


def test_a_cluster_means_what_its_examples_are_and_one_without_what_all_are() -> None:
    share = np.array([9, 3]) / 12
    table = naming().table
    np.testing.assert_allclose(table[0], (COUNTS[0] + STRENGTH * share) / (6 + STRENGTH))
    np.testing.assert_allclose(table[3], share)
    assert table.argmax(axis=1).tolist() == [0, 1, 0, 0, 0]


def test_examples_are_counted() -> None:
    found = Naming.fit(KINDS, np.array([0, 2, 2, 2]), np.array([1, 0, 0, 1]), 4)
    assert found.counts.tolist() == [[0, 1], [0, 0], [2, 1], [0, 0]]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=60))
def test_each_cluster_has_a_distribution_in_which_every_class_seen_is_possible(pairs: list[tuple[int, int]]) -> None:
    clusters, labels = np.array(pairs, dtype=np.int64).T
    found = Naming.fit(("a", "b", "c", "d"), clusters, labels, 7)
    np.testing.assert_allclose(found.table.sum(axis=1), 1, rtol=1e-12)
    assert ((found.table > 0) == np.isin(np.arange(4), labels)).all()
    assert Naming.restore(found.record()).counts.tolist() == found.counts.tolist()


def test_packets_stay_and_their_meaning_is_mixed_by_the_clusters_table(lamps_codec: Codec) -> None:
    named = lamps_codec.named(naming())
    pictures = [lamps.picture(*lit) for lit in TREES]
    packets = lamps_codec.encode(pictures)
    assert named.encode(pictures) == packets
    assert named.fingerprint == lamps_codec.fingerprint
    before, after = lamps_codec.decode(packets), named.decode(packets)
    assert named.classes == KINDS
    assert [meaning.name for meaning in after] == ["leaf", "needle", "leaf", "leaf", "leaf"]
    for old, new in zip(before, after, strict=True):
        assert new.word == old.word
        np.testing.assert_allclose(new.probabilities, old.probabilities @ naming().table, atol=1e-12)
        assert new.probabilities.sum() == pytest.approx(1, abs=1e-12)


def test_names_are_kept_in_the_folder_given_anew_and_taken_off(lamps_codec: Codec, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    update_folder(folder, {"names": naming().record()})
    named = Codec.load(folder)
    assert named.classes == KINDS
    plain = named.unnamed()
    packets = plain.encode([lamps.picture(*lit) for lit in TREES])
    assert [m.name for m in plain.decode(packets)] == list(lamps.CLASSES)
    other = named.named(Naming(("x", "y", "z"), np.eye(5, 3) + 1))  # stands in place of the first, not upon it
    assert [m.name for m in other.decode(packets)][:3] == ["x", "y", "z"]
    assert other.fingerprint == named.fingerprint == lamps_codec.fingerprint


def test_names_for_another_number_of_clusters_are_refused(lamps_codec: Codec) -> None:
    with pytest.raises(CodecError, match="names for 5 clusters wanted, got 4"):
        lamps_codec.named(Naming(KINDS, COUNTS[:4]))


@pytest.mark.parametrize(
    "counts", [-COUNTS, 0 * COUNTS, COUNTS[:, :1], np.nan * COUNTS, np.where(COUNTS == 6, np.inf, COUNTS)]
)
def test_counts_that_name_nothing_are_refused(counts: np.ndarray) -> None:
    with pytest.raises(CodecError, match="counts of 2 classes in each cluster wanted, got others"):
        Naming(KINDS, counts)


@pytest.mark.parametrize(
    "record",
    [
        {"counts": [[1.0]] * 5},
        {"classes": ["leaf"]},
        {"classes": 3, "counts": [[1.0]]},
        {"classes": ["leaf"], "counts": [["many"]]},
        {"classes": ["leaf"], "counts": [[1.0], [1.0, 2.0]]},
        {"classes": ["leaf"], "counts": [1.0]},
        {"classes": ["leaf"], "counts": 1.0},
    ],
)
def test_names_that_are_none_are_refused_with_the_folder(record: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(CodecError, match="names clusters in a way that can't be read"):
        lamps.load(tmp_path / "codec", names=record)
