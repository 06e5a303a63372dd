"""Several nodes, one decision: sums of evidence against exact Bayes, what dependence takes away, what is refused."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.receiver import calibrate
from laconic.receiver.fusion import Fusion, fused_predictions, summed, vote
from laconic.receiver.heard import FusionError, Heard, gather

NODES = ("north", "east", "south", "west")


def heard(posteriors: np.ndarray, present: np.ndarray | None = None) -> Heard:
    present = np.ones(posteriors.shape[:2], dtype=bool) if present is None else present
    return Heard(NODES[: posteriors.shape[1]], posteriors, present)


def drawn(seed: int, n_events: int, n_nodes: int, n_classes: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), (n_events, n_nodes))


def gaussian(n: int, correlation: float, seed: int = 0, n_nodes: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, observations x = +-1 + noise whose nodes correlate, and each node's exact P(class | x)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    shared, own = rng.standard_normal((n, 1)), rng.standard_normal((n, n_nodes))
    seen = 2 * labels[:, None] - 1 + np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    up = 1 / (1 + np.exp(-2 * seen))
    return labels, seen, np.stack([1 - up, up], axis=2)


def test_independent_evidence_adds_less_the_prior() -> None:
    prior = np.array([0.5, 0.3, 0.2])
    said = drawn(0, 20, 2, 3)
    unscaled = said[:, 0] * said[:, 1] / prior
    wanted = unscaled / unscaled.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Fusion.plain(NODES[:2], prior).posterior(heard(said)), wanted, rtol=1e-12)


def test_fusion_is_bayes_rule_on_the_joint_table_of_independent_words() -> None:
    """P(class | words) summed up from P(class) and P(word | class), word by word."""
    rng = np.random.default_rng(1)
    prior, tables = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(5), (3, 4))  # [nodes, classes, words]
    alone = prior[None, :, None] * tables
    alone /= alone.sum(axis=1, keepdims=True)
    words = np.array(list(product(range(5), repeat=3)))
    said = np.stack([alone[i, :, words[:, i]] for i in range(3)], axis=1)
    found = Fusion.plain(NODES[:3], prior).posterior(heard(said))
    for row, (a, b, c) in enumerate(words.tolist()):
        joint = [prior[k] * tables[0, k, a] * tables[1, k, b] * tables[2, k, c] for k in range(4)]
        np.testing.assert_allclose(found[row], np.array(joint) / sum(joint), rtol=1e-10)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("n_nodes", [1, 2, 4])
def test_the_dependence_of_correlated_gaussians_is_their_correlation(correlation: float, n_nodes: int) -> None:
    _, seen, said = gaussian(200, correlation, n_nodes=n_nodes)
    covariance = correlation + (1 - correlation) * np.eye(n_nodes)
    llr = 2 * seen @ np.linalg.solve(covariance, np.ones(n_nodes))
    plain = Fusion.plain(NODES[:n_nodes], np.ones(2) / 2)
    fusion = Fusion(plain.nodes, plain.prior, plain.weights, plain.biases, dependence=correlation)
    np.testing.assert_allclose(fusion.posterior(heard(said))[:, 1], 1 / (1 + np.exp(-llr)), rtol=0, atol=1e-5)


def test_a_node_heard_four_times_is_as_sure_as_heard_once() -> None:
    prior = np.array([0.2, 0.8])
    once = drawn(2, 30, 1, 2)
    fusion = Fusion(NODES, prior, np.ones(4), np.zeros((4, 2)), dependence=1.0)
    np.testing.assert_allclose(fusion.posterior(heard(np.repeat(once, 4, axis=1))), once[:, 0], rtol=1e-12)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_fit_finds_the_dependence_and_leaves_good_nodes_as_they_are(correlation: float) -> None:
    labels, _, said = gaussian(20_000, correlation)
    fusion = Fusion.fit(heard(said), labels, np.random.default_rng(0))
    # Each posterior is exact alone; at n = 10,000 the weight's standard error is about 1 / sqrt(n mean(LLR^2 p q)).
    llr = np.log(said[..., 1] / said[..., 0])
    error = 1 / np.sqrt(10_000 * (llr**2 * said[..., 0] * said[..., 1]).mean())
    assert np.abs(fusion.weights - 1).max() < 4 * error
    assert abs(fusion.dependence - correlation) <= 0.075  # three steps of the grid
    assert 0.9 <= fusion.temperature <= 1.1
    assert fusion.lapse <= 0.005


def test_the_part_of_events_that_mislead_all_nodes_alike_is_found_and_told() -> None:
    """Of a tenth of the events all nodes see another: however sure they are, more than 0.95 is not to be had."""
    labels, _, said = gaussian(20_000, 0.0, seed=5)
    misled = np.arange(0, 20_000, 10)
    labels[misled] = np.roll(labels[misled], 1)
    fusion = Fusion.fit(heard(said[:10_000]), labels[:10_000], np.random.default_rng(0))
    fused = fusion.posterior(heard(said[10_000:]))
    sure = fused.max(axis=1) > 0.9
    right = (fused.argmax(axis=1) == labels[10_000:])[sure]
    assert abs(fused.max(axis=1)[sure].mean() - right.mean()) < 4 * np.sqrt(0.05 * 0.95 / sure.sum())
    assert fused.max() < 1 - 0.06 / 2
    assert 0.06 <= fusion.lapse <= 0.16


def test_a_node_that_guesses_is_not_believed() -> None:
    labels, _, said = gaussian(4000, 0.0, n_nodes=2)
    said[:, 1] = np.random.default_rng(3).permutation(said[:, 1])  # of other events
    fusion = Fusion.fit(heard(said), labels, np.random.default_rng(0))
    assert fusion.weights[1] < 0.1 < 0.9 < fusion.weights[0]


def test_fused_confidence_is_calibrated_where_a_plain_product_is_too_sure() -> None:
    labels, _, said = gaussian(20_000, 0.7, seed=4)
    learnt, new = heard(said[:10_000]), heard(said[10_000:])
    fused = Fusion.fit(learnt, labels[:10_000], np.random.default_rng(0)).posterior(new)
    naive = Fusion.plain(NODES, np.ones(2) / 2).posterior(new)
    right = labels[10_000:] == fused.argmax(axis=1)
    deviation = np.sqrt((fused.max(axis=1) * fused.min(axis=1)).sum()) / 10_000
    assert abs(fused.max(axis=1).mean() - right.mean()) < 4 * deviation
    assert naive.max(axis=1).mean() - right.mean() > 20 * deviation


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 5), st.floats(0, 1))
def test_a_missing_node_is_one_that_was_never_there(seed: int, n_nodes: int, n_classes: int, dependence: float) -> None:
    rng = np.random.default_rng(seed)
    said, present = drawn(seed, 6, n_nodes, n_classes), rng.random((6, n_nodes)) < 0.5
    present[np.arange(6), rng.integers(0, n_nodes, 6)] = True
    prior, biases = rng.dirichlet(np.ones(n_classes)), rng.normal(size=(n_nodes, n_classes))
    weights = rng.random(n_nodes) + 0.1
    fusion = Fusion(NODES[:n_nodes], prior, weights, biases, dependence)
    found = fusion.posterior(heard(np.where(present[..., None], said, np.nan), present))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for row, there in enumerate(present):
        names = tuple(name for name, here in zip(NODES, there, strict=False) if here)
        alone = Fusion(names, prior, weights[there], biases[there], dependence)
        rest = Heard(names, said[row : row + 1, there], np.ones((1, there.sum()), bool))
        np.testing.assert_allclose(found[row], alone.posterior(rest)[0], rtol=1e-9, atol=1e-12)


@given(st.integers(0, 10**6), st.permutations(range(4)))
def test_the_order_of_nodes_does_not_matter(seed: int, order: list[int]) -> None:
    said, prior = drawn(seed, 5, 4, 3), np.ones(3) / 3
    names = tuple(NODES[i] for i in order)
    found = Fusion.plain(names, prior).posterior(Heard(names, said[:, order], np.ones((5, 4), bool)))
    np.testing.assert_allclose(found, Fusion.plain(NODES, prior).posterior(heard(said)), rtol=1e-9)


def test_votes_are_counted_and_a_tie_goes_to_the_lowest_class() -> None:
    sure = np.eye(3)
    said = sure[[[2, 1, 1, 2], [2, 2, 0, 1], [0, 1, 2, 2]]]
    present = np.array([[True] * 4, [True] * 4, [True, True, False, False]])
    shares = vote(heard(said, present))
    np.testing.assert_array_equal(shares, [[0, 0.5, 0.5], [0.25, 0.25, 0.5], [0.5, 0.5, 0]])
    assert shares.argmax(axis=1).tolist() == [1, 2, 0]


def test_features_are_summed_and_missing_ones_made_up_for() -> None:
    features = np.arange(12, dtype=np.float32).reshape(1, 4, 3)
    everyone, two = np.ones((1, 4), bool), np.array([[True, False, False, True]])
    np.testing.assert_array_equal(summed(features, everyone), features.sum(axis=1))
    np.testing.assert_array_equal(summed(features, two), 2 * (features[:, 0] + features[:, 3]))
    with pytest.raises(FusionError, match=re.escape("no node said anything of event 0: leave it out")):
        summed(features, ~everyone)


def test_messages_are_gathered_into_events() -> None:
    said = drawn(5, 4, 1, 2)[:, 0]
    found, numbers = gather(NODES[:2], np.array([7, 3, 7, 9]), ("east", "north", "north", "east"), said, [b"x"] * 4)
    assert numbers.tolist() == [3, 7, 9]
    assert found.present.tolist() == [[True, False], [True, True], [False, True]]
    np.testing.assert_array_equal(found.posteriors[1], said[[2, 0]])


def test_the_bound_of_said_or_sent_is_calibrated_on_fused_events() -> None:
    labels, _, said = gaussian(3000, 0.3, seed=6)
    fused = Fusion.fit(heard(said[:1000]), labels[:1000], np.random.default_rng(0)).posterior(heard(said[1000:]))
    predictions = fused_predictions(fused, labels[1000:])
    found = calibrate(predictions[:1000], predictions[1000:], ("down", "up"), max_error=0.05)
    assert found.met
    assert 0 < found.errors / found.n_said <= found.error_bound <= 0.05


BOTH = drawn(8, 40, 2, 2)
HERE = np.ones((40, 2), bool)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Heard(NODES[:2], BOTH, HERE & (np.arange(40) != 3)[:, None]),
            "no node said anything of event 3 (1 such): leave it out",
        ),
        (lambda: Heard(("east", "east"), BOTH, HERE), "each node once wanted, got east, east"),
        (
            lambda: Heard(NODES[:3], BOTH, HERE),
            "posteriors and presence of 3 nodes wanted, got (40, 2, 2) and (40, 2)",
        ),
        (
            lambda: heard(2 * BOTH),
            "probabilities that sum to 1 wanted from each node that said something, got others",
        ),
        (
            lambda: gather(NODES, np.array([4, 4]), ("east", "east"), BOTH[0]),
            "a node speaks once of an event, but east twice of 4",
        ),
        (
            lambda: gather(NODES, np.array([4, 4]), ("east", "north"), BOTH[0], (b"\x01", b"\x02")),
            "messages of one codec wanted, got those of several (01, 02): fuse each codec's by itself",
        ),
        (
            lambda: gather(NODES, np.array([4, 4]), ("east", "attic"), BOTH[0]),
            "messages of the nodes north, east, south, west wanted, got one of attic",
        ),
        (
            lambda: Fusion.plain(NODES[2:], np.ones(2) / 2).posterior(heard(BOTH)),
            "the reliability of south, west (2 classes) is known, these events are of north, east; 2 classes: learn it "
            "anew",
        ),
        (
            lambda: Fusion.fit(heard(BOTH), BOTH[:, 0].argmax(axis=1) % 1 + 5, np.random.default_rng(0)),
            "classes 0..1 wanted, got 5..5",
        ),
        (
            lambda: Fusion.fit(heard(BOTH[:3]), np.zeros(3, dtype=np.int64), np.random.default_rng(0)),
            "a label for each of at least 4 events wanted, got 3",
        ),
        (
            lambda: Fusion.fit(
                heard(BOTH, HERE & np.array([True, False])), np.zeros(40, dtype=np.int64), np.random.default_rng(0)
            ),
            "east speaks of 0 events; 4 are wanted to learn from",
        ),
        (
            lambda: Fusion.fit(
                heard(np.repeat(BOTH[:, :1], 2, axis=1)), BOTH[:, 0].argmax(axis=1), np.random.default_rng(0)
            ),
            "no node errs in these 40 events: nothing can be learnt of how they do; calibrate on more, or harder, ones",
        ),
        (
            lambda: Fusion(NODES, np.ones(2) / 2, np.ones(4), np.zeros((4, 2)), dependence=1.5),
            "a dependence of 0 to 1 wanted, got 1.5",
        ),
        (
            lambda: Fusion(NODES, np.ones(2) / 2, np.ones(4), np.zeros((4, 2)), lapse=1.0),
            "a lapse from 0 to below 1 wanted, got 1.0",
        ),
        (
            lambda: Fusion(NODES, np.ones(2) / 2, np.ones(3), np.zeros((3, 2))),
            "a weight and a bias for each of 4 nodes wanted, got others",
        ),
    ],
)
def test_what_cannot_be_fused_is_refused(make: object, text: str) -> None:
    assert callable(make)
    with pytest.raises(FusionError, match=re.escape(text)):
        make()
